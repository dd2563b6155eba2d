import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type BusClient,
  BusError,
  type BusServer,
  type BusStatus,
  type ConnectBusOptions,
  connectBus,
  listenBus,
  parseGap
} from '../../src/index.js'
import { rawClient } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

const quickly = { minDelayMs: 5, maxDelayMs: 20 }

async function serve(path: string): Promise<BusServer> {
  const server = await listenBus({ path, drainMs: 50 })
  onTestFinished(() => server.close())
  return server
}

async function join(options: ConnectBusOptions): Promise<BusClient> {
  const client = await connectBus({ reconnect: quickly, drainMs: 50, ...options })
  onTestFinished(() => client.close())
  return client
}

/** Collects statuses until the client is closed. */
function collect(client: BusClient): BusStatus[] {
  const statuses: BusStatus[] = []
  const statusLoop = async (): Promise<void> => {
    for await (const status of client.status()) statuses.push(status)
  }
  void statusLoop()
  return statuses
}

/** A bus of another make: what each connection sends is given to `onData`. */
async function otherBus(path: string, onData: (socket: Socket, text: string) => void): Promise<Server> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', text => onData(socket, String(text)))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return server
}

describe('connecting', () => {
  it('says what is wrong and what to do when there is no bus', async () => {
    const path = temporarySocketPath()
    const failure = connectBus({ path })
    await expect(failure).rejects.toBeInstanceOf(BusError)
    await expect(failure).rejects.toMatchObject({
      code: 'BUS_CONNECT',
      path,
      message: expect.stringMatching(/no such socket; start the bus/) as string,
      cause: { code: 'ENOENT' }
    })
    writeFileSync(path, '')
    await expect(connectBus({ path })).rejects.toMatchObject({
      code: 'BUS_CONNECT',
      message: expect.stringMatching(/nobody listens/) as string
    })
    await expect(connectBus({ path: '' })).rejects.toThrow(/^path: /)
    await expect(connectBus({ path, timeoutMs: 0 })).rejects.toThrow(/^timeoutMs: /)
    await expect(connectBus({ path, publishQueueBytes: 1 })).rejects.toThrow(/^publishQueueBytes: /)
    await expect(connectBus({ path, reconnect: { minDelayMs: 9, maxDelayMs: 1 } })).rejects.toThrow(/maxDelayMs/)
  })

  it('waits for a bus that is not there yet, if told to, and no longer than it may', async () => {
    const path = temporarySocketPath()
    const waiting = join({ path, wait: true })
    await sleep(30)
    await serve(path)
    expect((await waiting).stats.connected).toBe(true)

    const abort = new AbortController()
    const never = connectBus({ path: `${path}.none`, wait: true, signal: abort.signal })
    await sleep(20)
    const reason = new Error('no patience')
    abort.abort(reason)
    await expect(never).rejects.toBe(reason)
    await expect(connectBus({ path, signal: abort.signal })).rejects.toBe(reason)
  })
})

describe('when the bus is restarted', () => {
  it('comes back, subscribes again, and delivers what was published meanwhile', async () => {
    const path = temporarySocketPath()
    const first = await serve(path)
    const client = await join({ path })
    const statuses = collect(client)
    const subscription = client.subscribe('t')
    const values: string[] = []
    const reading = (async () => {
      for await (const event of subscription) values.push(event.value)
    })()
    await vi.waitFor(() => expect(first.stats.readers).toBe(1))
    client.publishText('t', 'before')
    await vi.waitFor(() => expect(values).toEqual(['before']))

    await first.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    client.publishText('other', 'while away')
    const second = await serve(path)
    const all = second.broker.subscribe('other', { replay: 1 })
    expect((await all[Symbol.asyncIterator]().next()).value).toEqual({ topic: 'other', value: 'while away' })
    await vi.waitFor(() => expect(second.stats.readers).toBe(1))
    client.publishText('t', 'after')
    await vi.waitFor(() => expect(values).toEqual(['before', 'after']))

    await client.close()
    await reading
    expect(statuses.at(-1)).toEqual({ type: 'closed' })
    const seen = (use: string): string[] => [
      ...new Set(statuses.flatMap(status => ('use' in status && status.use === use ? [status.type] : [])))
    ]
    expect(seen('publish')).toEqual(['disconnected', 'reconnecting', 'connected'])
    expect(seen('subscribe').sort()).toEqual(['connected', 'disconnected', 'gap', 'reconnecting'])
    expect(client.stats.dropped).toBe(0)
  })

  it('keeps the newest of what is published while the bus is away, and counts the rest', async () => {
    const path = temporarySocketPath()
    const first = await serve(path)
    const client = await join({ path, publishQueueBytes: 1 << 20 })
    const statuses = collect(client)
    await first.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    const value = 'x'.repeat(1000)
    for (let index = 0; index < 3000; index += 1) client.publishText('t', `${index} ${value}`)

    const second = await serve(path)
    const got: number[] = []
    for await (const event of second.broker.subscribe('t', { replay: 3000 })) {
      got.push(Number.parseInt(event.value, 10))
      if (got.at(-1) === 2999) break
    }
    const { dropped } = client.stats
    expect(got).toEqual(Array.from({ length: 3000 - dropped }, (_, index) => dropped + index))
    expect(dropped).toBeGreaterThan(1900)
    expect(dropped).toBeLessThan(2300)
    const reported = statuses.flatMap(status => (status.type === 'dropped' ? [status.count] : []))
    expect(reported.reduce((sum, count) => sum + count, 0)).toBe(dropped)
  })

  it('tells whoever drains when the client is closed first', async () => {
    const path = temporarySocketPath()
    const server = await serve(path)
    const client = await join({ path })
    await server.close()
    client.publish('t', 1)
    const draining = client.drain()
    await client.close()
    await expect(draining).rejects.toMatchObject({ code: 'BUS_CLOSED' })
  })

  it('drains when the bus is back', async () => {
    const path = temporarySocketPath()
    const first = await serve(path)
    const client = await join({ path })
    await first.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    client.publishText('t', 'x')
    let drained = false
    const draining = client.drain().then(() => {
      drained = true
    })
    await sleep(30)
    expect(drained).toBe(false)
    const second = await serve(path)
    await draining
    await vi.waitFor(() => expect(second.stats.received).toBe(1))
  })

  it('ends instead, if told not to reconnect', async () => {
    const path = temporarySocketPath()
    const server = await serve(path)
    const client = await join({ path, reconnect: false })
    const subscription = client.subscribe('')
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    server.broker.publishText('t', 'last')
    await server.close()
    const iterator = subscription[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual({ topic: 't', value: 'last' })
    await expect(iterator.next()).rejects.toMatchObject({ code: 'BUS_CLOSED', path })
    await vi.waitFor(() => expect(client.drain()).rejects.toMatchObject({ code: 'BUS_CLOSED' }))
    await expect(client.subscribe('').ready).rejects.toMatchObject({ code: 'BUS_CONNECT' })
  })
})

describe('a client', () => {
  it('loses its oldest events, counted, when it reads too slowly, and never stops taking from the bus', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    const statuses = collect(client)
    const subscription = client.subscribe('', { queueBytes: 256 * 1024 })
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    const value = 'x'.repeat(1000)
    for (let index = 0; index < 5000; index += 1) {
      server.broker.publishText('t', `${index} ${value}`)
      if (index % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    server.broker.publishText('end', '')
    const got: string[] = []
    await sleep(50)
    for await (const event of subscription) {
      if (event.topic === 'end') break
      got.push(event.value)
    }
    expect(server.stats.dropped).toBe(0)
    expect(got.length + subscription.dropped).toBe(5000)
    expect(Number.parseInt(got[0] ?? '', 10)).toBe(subscription.dropped)
    const reported = statuses.flatMap(status => (status.type === 'dropped' ? [status.count] : []))
    expect(reported.reduce((sum, count) => sum + count, 0)).toBe(subscription.dropped)
  })

  it('still tells of a loss before the bus when it had to drop the notice itself', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    const subscription = client.subscribe('t', { gaps: true, queueBytes: 16 * 1024 })
    await subscription.ready
    server.broker.reportLoss({ where: 'kernel', lost: 1000 })
    for (let index = 0; index < 400; index += 1) {
      server.broker.publishText('t', 'x'.repeat(640))
      if (index % 10 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    server.broker.publishText('t', 'end')
    let lost = 0
    await sleep(100)
    for await (const { topic, value } of subscription) {
      if (topic === 'bus:gap') lost += parseGap(value)?.lost ?? 0
      if (value === 'end') break
    }
    expect(subscription.dropped).toBeGreaterThan(0)
    expect(lost).toBe(subscription.dropped + 1000)
  })

  it('knows the number of a line that begins with blanks, and takes nothing else out of it', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    const numbered = client.subscribe('t', { seq: true })
    const plain = client.subscribe('t')
    await Promise.all([numbered.ready, plain.ready])
    const line = ' \t{"seq":9,"topic":"t","value":"blank"}\n'
    await rawClient(server.path, line)
    expect((await numbered[Symbol.asyncIterator]().next()).value).toEqual({ topic: 't', value: 'blank', seq: 1 })
    for await (const { bytes } of plain.lines()) {
      expect(Buffer.from(bytes).toString()).toBe(line)
      break
    }
  })

  it('ends a status that is asked for after the client was closed', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    await client.close()
    const seen: BusStatus[] = []
    for await (const status of client.status()) seen.push(status)
    expect(seen).toEqual([{ type: 'closed' }])
  })

  it('reports what the bus refuses', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    const statuses = collect(client)
    client.publishLine(Buffer.from('{"topic":"t","value":1}\n'), 't')
    await vi.waitFor(() =>
      expect(statuses).toEqual([{ type: 'refused', reason: 'line refused: "value" is not a string' }])
    )
    client.publishLine(Buffer.from('garbage\n'), 't')
    await vi.waitFor(() => expect(statuses.some(status => status.type === 'reconnecting')).toBe(true))
    expect(statuses[1]).toEqual({ type: 'refused', reason: 'connection closed: not a JSON object' })
  })

  it('works with a bus that sends long lines, lines it cannot read, and nothing more', async () => {
    const path = temporarySocketPath()
    const long = 'x'.repeat(600_000)
    await otherBus(path, (socket, text) => {
      expect(JSON.parse(text)).toEqual({ topic: 'subscribe:nft:', seq: true, gaps: true })
      socket.write('not a line\n{"topic":"nft:a"}\n{"topic":"nft:b","value":[]}\n')
      socket.write(`${JSON.stringify({ topic: 'nft:c', value: long })}\n`)
      socket.write(`${'y'.repeat(1 << 21)}\n`)
      socket.write('{"topic":"nft:d","value":"é"}\r\n')
    })
    const client = await join({ path })
    const subscription = client.subscribe('nft:')
    const got = []
    for await (const event of subscription) {
      got.push(event)
      if (got.length === 3) break
    }
    expect(got).toEqual([
      { topic: 'nft:a', value: '' },
      { topic: 'nft:c', value: long },
      { topic: 'nft:d', value: 'é' }
    ])
    expect(subscription.malformed).toBe(3)
  })

  it('does not hammer a bus that closes every connection', async () => {
    const path = temporarySocketPath()
    let connections = 0
    const server = await otherBus(path, () => undefined)
    server.on('connection', (socket: Socket) => {
      connections += 1
      socket.destroy()
    })
    const client = await join({ path, reconnect: { minDelayMs: 10, maxDelayMs: 10_000 } })
    await sleep(300)
    expect(connections).toBeLessThan(10)
    await client.close()
  })

  it('gives the bus what was published before it closes', async () => {
    const server = await serve(temporarySocketPath())
    const client = await connectBus({ path: server.path })
    const subscription = server.broker.subscribe('')
    for (let index = 0; index < 3000; index += 1) client.publishText('t', 'x'.repeat(1000))
    await client.close()
    let count = 0
    for await (const events of subscription.batches()) {
      count += events.length
      if (count === 3000) break
    }
    expect(count).toBe(3000)
    expect(() => client.publishText('t', '')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
    expect(() => client.subscribe('')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
    await expect(client.drain()).rejects.toMatchObject({ code: 'BUS_CLOSED' })
    await client.close()
  })

  it('lets readers finish what had come before it closed', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    const subscription = client.subscribe('')
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    for (const value of ['1', '2', '3']) server.broker.publishText('t', value)
    const iterator = subscription[Symbol.asyncIterator]()
    await iterator.next()
    await client.close()
    expect((await iterator.next()).value).toEqual({ topic: 't', value: '2' })
    expect((await iterator.next()).value).toEqual({ topic: 't', value: '3' })
    expect((await iterator.next()).done).toBe(true)
  })

  it('ends everything at once when its signal aborts', async () => {
    const server = await serve(temporarySocketPath())
    const abort = new AbortController()
    const client = await join({ path: server.path, signal: abort.signal })
    const statuses = collect(client)
    const reading = client.subscribe('')[Symbol.asyncIterator]().next()
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    const reason = new Error('stop')
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await vi.waitFor(() => expect(server.stats.clients).toBe(0))
    expect(statuses.at(-1)).toEqual({ type: 'closed' })
    expect(() => client.publishText('t', '')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
  })

  it('tells whoever waits for a subscription to be ready that it never will be', async () => {
    const server = await serve(temporarySocketPath())
    const client = await join({ path: server.path })
    await server.close()
    const subscription = client.subscribe('')
    const ready = expect(subscription.ready).rejects.toMatchObject({ code: 'BUS_CLOSED' })
    await subscription.close()
    await ready
  })
})
