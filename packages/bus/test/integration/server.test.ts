import { execFile, execFileSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type BusServer, connectBus, createBroker, type ListenBusOptions, listenBus } from '../../src/index.js'
import { rawClient, subscribeLine } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(options: Omit<ListenBusOptions, 'path'> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), drainMs: 100, ...options })
  onTestFinished(() => server.close())
  return server
}

/** A reader whose subscription the server has seen. */
async function reader(server: BusServer, prefix = ''): Promise<Awaited<ReturnType<typeof rawClient>>> {
  const { readers } = server.stats
  const client = await rawClient(server.path, subscribeLine(prefix))
  await vi.waitFor(() => expect(server.stats.readers).toBe(readers + 1), { interval: 1 })
  return client
}

const line = (topic: string, value: string): string => `${JSON.stringify({ topic, value })}\n`
const lines =
  (count: number): ((text: string) => boolean) =>
  text =>
    text.split('\n').length > count

describe('the server, to clients of sprbus-json', () => {
  it("passes the publisher's own line on, byte for byte", async () => {
    const server = await open()
    const all = await reader(server)
    const some = await reader(server, 'nft:lan')
    const odd = '{ "value" :"\\u00e9\\/ж", "x":{"y":[1]},"topic":"nft:lan:in"}\n'
    await rawClient(server.path, odd + line('dns:', 'x') + line('nft:lan', ''))
    expect(await some.until(lines(2))).toBe(odd + line('nft:lan', ''))
    expect(await all.until(lines(3))).toBe(odd + line('dns:', 'x') + line('nft:lan', ''))
  })

  it('takes lines that end in CR LF, empty lines, an absent value, and a last line without a newline', async () => {
    const server = await open()
    const all = await reader(server)
    const publisher = await rawClient(
      server.path,
      '\r\n\n{"topic":"a","value":"1"}\r\n{"topic":"b"}\n{"topic":"c","value":"3"}'
    )
    publisher.socket.end()
    expect(await all.until(lines(3))).toBe('{"topic":"a","value":"1"}\n{"topic":"b"}\n{"topic":"c","value":"3"}\n')
    await publisher.end()
    expect(server.stats).toMatchObject({ received: 3, refused: 0, cutOff: 0 })
  })

  it('puts lines back together that arrive in pieces, cut inside a character', async () => {
    const server = await open()
    const all = await reader(server)
    const publisher = await rawClient(server.path)
    for (const byte of Buffer.from(line('é', '漢😀'))) {
      publisher.socket.write(Buffer.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await all.until(lines(1))).toBe(line('é', '漢😀'))
  })

  it('lets a client publish and then subscribe on one connection, and ignores what a reader sends', async () => {
    const server = await open()
    const client = await rawClient(server.path, line('t', 'before') + subscribeLine('t') + line('t', 'ignored'))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    client.socket.write('also ignored')
    server.broker.publishText('t', 'after')
    expect(await client.until(lines(1))).toBe(line('t', 'after'))
    expect(server.stats).toMatchObject({ received: 1, cutOff: 0 })
  })

  it('keeps sending to a reader that closed its own side, and forgets one that is gone', async () => {
    const server = await open()
    const halfOpen = await reader(server)
    halfOpen.socket.end()
    const gone = await reader(server, 'never')
    const leaving = await reader(server, 'never')
    gone.socket.destroy()
    // As Node's own clients do: one side, and the other a moment later.
    leaving.socket.end()
    setTimeout(() => leaving.socket.destroy(), 60)
    await vi.waitFor(() => expect(server.stats.clients).toBe(1))
    server.broker.publishText('t', 'still')
    expect(await halfOpen.until(lines(1))).toBe(line('t', 'still'))
  })
})

describe('the server, to clients that misbehave', () => {
  it.each([
    ['text', 'hello\n', /not a JSON object/],
    ['an array', '["topic"]\n', /not a JSON object/],
    ['no topic', '{"value":"x"}\n', /"topic" is not a string/],
    ['a line too long', `${'x'.repeat(2000)}\n`, /longer than 1024 bytes/],
    ['a line that goes on and on', 'x'.repeat(2000), /longer than 1024 bytes/]
  ])('tells a client that sends %s why it is cut off; nobody else notices', async (_name, bytes, reason) => {
    const server = await open({ maxLineBytes: 1024 })
    const all = await reader(server)
    const bad = await rawClient(server.path, line('t', '1') + bytes + line('t', 'not published'))
    const reply = JSON.parse(await bad.end()) as { topic: string; value: string }
    expect(reply.topic).toBe('bus:error')
    expect(reply.value).toMatch(reason)
    server.broker.publishText('t', '2')
    expect(await all.until(lines(2))).toBe(line('t', '1') + line('t', '2'))
    expect(server.stats.cutOff).toBe(1)
  })

  it('refuses an event whose value is not a string, and says so, without ending the connection', async () => {
    const server = await open()
    const all = await reader(server)
    const publisher = await rawClient(server.path, '{"topic":"t","value":{"a":1}}\n{"topic":"t","value":null}\n')
    publisher.socket.write(line('t', 'a string'))
    expect(await all.until(lines(1))).toBe(line('t', 'a string'))
    expect(await publisher.until(lines(2))).toMatch(
      /^\{"topic":"bus:error","value":"line refused: .*value.*not a string/
    )
    expect(server.stats).toMatchObject({ received: 1, refused: 2, cutOff: 0 })
  })

  it('cuts off a client that is refused again and again and never reads why', async () => {
    const server = await open()
    const socket = connect(server.path)
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    socket.pause()
    const bad = '{"topic":"t","value":1}\n'.repeat(20_000)
    socket.write(bad)
    await vi.waitFor(() => expect(server.stats.cutOff).toBe(1), 5000)
    expect(server.stats.refused).toBeLessThan(20_000)
  })

  it('outlives clients that die in the middle of a line', async () => {
    const server = await open()
    const all = await reader(server)
    for (let index = 0; index < 20; index += 1) {
      const client = await rawClient(server.path, '{"topic":"t","val')
      client.socket.destroy()
    }
    await vi.waitFor(() => expect(server.stats.clients).toBe(1))
    server.broker.publishText('t', 'fine')
    expect(await all.until(lines(1))).toBe(line('t', 'fine'))
    expect(server.stats.received).toBe(0)
  })

  it('closes a connection that speaks HTTP/2 without a word', async () => {
    const server = await open()
    const client = await rawClient(server.path, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    expect(await client.end()).toBe('')
    expect(server.stats.cutOff).toBe(1)
  })

  it('turns away clients beyond the limit, and takes new ones when there is room', async () => {
    const server = await open({ maxClients: 2 })
    const first = await reader(server)
    await reader(server)
    const third = await rawClient(server.path)
    expect(await third.end()).toBe('')
    expect(server.stats).toMatchObject({ clients: 2, turnedAway: 1 })
    first.socket.destroy()
    await vi.waitFor(() => expect(server.stats.clients).toBe(1))
    await reader(server)
  })

  it('survives ten thousand connects', async () => {
    const server = await open()
    const all = await reader(server)
    const script = `
      const { connect } = require('node:net')
      let left = 10_000
      const next = () => {
        if (left === 0) return
        left -= 1
        const socket = connect(${JSON.stringify(server.path)}, () => socket.destroy())
        // The queue of connections is full: once more.
        socket.on('error', () => (left += 1))
        socket.on('close', next)
      }
      for (let index = 0; index < 100; index += 1) next()`
    await promisify(execFile)(process.execPath, ['-e', script])
    await vi.waitFor(() => expect(server.stats).toMatchObject({ accepted: 10_001, clients: 1 }), 5000)
    server.broker.publishText('t', 'fine')
    expect(await all.until(lines(1))).toBe(line('t', 'fine'))
  })

  it('goes on serving when file descriptors run out', async () => {
    const server = await open()
    const all = await reader(server)
    const sockets: Socket[] = []
    const prlimit = (...args: string[]): string => {
      const command = ['prlimit', '--pid', String(process.pid), ...args].join(' ')
      return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim()
    }
    const limit = (soft: string): void => {
      prlimit(`--nofile=${soft}:`)
    }
    const before = prlimit('--nofile', '--output=SOFT', '--noheadings')
    limit('200')
    try {
      for (let index = 0; index < 300; index += 1) {
        const socket = connect(server.path)
        socket.on('error', () => undefined)
        sockets.push(socket)
      }
      await sleep(50)
      server.broker.publishText('t', 'meanwhile')
      expect(await all.until(lines(1))).toBe(line('t', 'meanwhile'))
    } finally {
      limit(before)
      for (const socket of sockets) socket.destroy()
    }
    await vi.waitFor(() => expect(server.stats.clients).toBe(1), 5000)
    await reader(server)
  })
})

describe('a reader that stalls', () => {
  it('costs neither the publisher nor another reader anything, and its loss is counted to the event', async () => {
    const server = await open({ broker: createBroker({ ringBytes: 2 << 20 }) })
    const stalled = await reader(server)
    stalled.socket.pause()
    const client = await connectBus({ path: server.path })
    onTestFinished(() => client.close())
    const good = client.subscribe('')
    await vi.waitFor(() => expect(server.stats.readers).toBe(2))

    const count = 40_000
    const bytes = Buffer.from(line('t', 'x'.repeat(500)))
    let received = 0
    const reading = (async () => {
      for await (const batch of good.lines()) {
        received += batch.count
        if (received === count) return
      }
    })()
    for (let index = 0; index < count; index += 1) {
      server.broker.publishLine(bytes, 't')
      if (index % 100 === 99) await new Promise(resolve => setImmediate(resolve))
    }
    await reading
    expect(good.dropped).toBe(0)

    // All of the loss is the stalled reader's; what it did not lose is there when it wakes up.
    const { dropped } = server.stats
    expect(dropped).toBeGreaterThan(count / 2)
    stalled.socket.resume()
    server.broker.publishText('end', '')
    const text = await stalled.until(text => text.endsWith(line('end', '')))
    expect(text.split('\n').length - 2 + server.stats.dropped).toBe(count)
    expect(text.split('\n').filter(one => `${one}\n` !== bytes.toString())).toEqual([line('end', '').trim(), ''])
  })

  it('is removed when it takes no byte for too long; a slow one is not', async () => {
    const server = await open({ stallMs: 200 })
    const stalled = await reader(server)
    stalled.socket.pause()
    const idle = await reader(server, 'never')
    const value = 'x'.repeat(100_000)
    for (let index = 0; index < 20; index += 1) server.broker.publishText('t', value)
    await vi.waitFor(() => expect(server.stats).toMatchObject({ stalled: 1, readers: 1 }), 5000)
    expect(idle.socket.destroyed).toBe(false)

    const slow = await reader(server)
    slow.socket.pause()
    for (let index = 0; index < 40; index += 1) server.broker.publishText('t', value)
    for (let index = 0; index < 80; index += 1) {
      await sleep(10)
      slow.socket.read()
    }
    expect(server.stats).toMatchObject({ stalled: 1, readers: 2 })
  })

  it('gets every event whole, however the wanted ones lie among others, when it reads on', async () => {
    const server = await open()
    const all = await reader(server, 'a')
    all.socket.pause()
    const expected: string[] = []
    for (let index = 0; index < 6000; index += 1) {
      const topic = index % 1000 < 300 || index % 3 === 0 ? 'a' : 'b'
      const text = line(topic, `${index} ${'x'.repeat((index * 37) % 3000)}`)
      if (topic === 'a') expected.push(text)
      server.broker.publishLine(Buffer.from(text), topic)
      if (index % 200 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    all.socket.resume()
    expect(await all.until(lines(expected.length))).toBe(expected.join(''))
  })

  it('keeps memory bounded, however many there are', async () => {
    const server = await open({ broker: createBroker({ ringBytes: 2 << 20 }) })
    for (let index = 0; index < 50; index += 1) (await reader(server)).socket.pause()
    const bytes = Buffer.from(line('t', 'x'.repeat(1000)))
    const publish = async (): Promise<void> => {
      for (let index = 0; index < 20_000; index += 1) {
        server.broker.publishLine(bytes, 't')
        if (index % 500 === 0) await new Promise(resolve => setImmediate(resolve))
      }
    }
    await publish()
    const before = process.memoryUsage().arrayBuffers
    await publish()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    expect(server.broker.stats.readers).toBe(50)
  })
})

describe('closing the server', () => {
  it('gives readers what was published before, then the end of the stream', async () => {
    const server = await open({ drainMs: 5000 })
    const client = await reader(server)
    const value = 'x'.repeat(1000)
    for (let index = 0; index < 5000; index += 1) server.broker.publishText('t', value)
    const [text] = await Promise.all([client.end(), server.close()])
    expect(text).toBe(line('t', value).repeat(5000))
  })

  it('waits no longer than it was told for a reader that stalls', async () => {
    const server = await open({ drainMs: 50 })
    const stalled = await reader(server)
    stalled.socket.pause()
    for (let index = 0; index < 100; index += 1) server.broker.publishText('t', 'x'.repeat(100_000))
    const start = performance.now()
    await server.close()
    await server.close()
    expect(performance.now() - start).toBeLessThan(2000)
    expect(server.stats.clients).toBe(0)
  })

  it('ends in-process subscriptions after their last event, unless the broker is somebody else’s', async () => {
    const server = await open()
    const subscription = server.broker.subscribe('')
    server.broker.publishText('t', 'last')
    await server.close()
    const values: string[] = []
    for await (const event of subscription) values.push(event.value)
    expect(values).toEqual(['last'])
    expect(() => server.broker.publishText('t', '')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))

    const broker = createBroker()
    await (await open({ broker })).close()
    broker.publishText('t', 'still open')
  })
})
