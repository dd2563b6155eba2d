import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type BusEvent,
  type BusServer,
  type BusServerStatus,
  type BusStatus,
  connectBus,
  type Dialect,
  type ListenBusOptions,
  listenBus
} from '../../src/index.js'
import { rawClient, subscribeLine } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(options: Partial<ListenBusOptions> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), drainMs: 100, ...options })
  onTestFinished(() => server.close())
  return server
}

function follow(server: BusServer): BusServerStatus[] {
  const statuses: BusServerStatus[] = []
  void (async () => {
    for await (const status of server.status()) statuses.push(status)
  })()
  return statuses
}

const line = (topic: string, value: string): string => `${JSON.stringify({ topic, value })}\n`
const whole =
  (count: number): ((text: string) => boolean) =>
  text =>
    text.split('\n').length > count

describe('connections that do nothing', () => {
  it('do not lock others out: the oldest that never spoke goes for a new one', async () => {
    const server = await open({ maxClients: 8 })
    const publisher = await rawClient(server.path, line('t', 'spoke'))
    await vi.waitFor(() => expect(server.stats.received).toBe(1))
    const idle = []
    for (let index = 0; index < 7; index += 1) idle.push(await rawClient(server.path))
    await vi.waitFor(() => expect(server.stats.clients).toBe(8))
    const reader = await rawClient(server.path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    expect(await idle[0]?.end()).toBe('')
    // Half a line is not a word.
    for (let index = 0; index < 20; index += 1) await rawClient(server.path, '{"topic":"t","va')
    await vi.waitFor(() => expect(server.stats.silentClosed).toBe(21))
    publisher.socket.write(line('t', 'still here'))
    expect(await reader.until(whole(1))).toBe(line('t', 'still here'))
    expect(server.stats).toMatchObject({ turnedAway: 0, clients: 8 })
  })

  it('are no reason to let go of one that reads or has published', async () => {
    const server = await open({ maxClients: 2 })
    await rawClient(server.path, subscribeLine('t'))
    await rawClient(server.path, line('t', 'x'))
    await vi.waitFor(() => expect(server.stats).toMatchObject({ readers: 1, received: 1 }))
    const third = await rawClient(server.path)
    expect(await third.end()).toBe('')
    expect(server.stats).toMatchObject({ clients: 2, turnedAway: 1, silentClosed: 0 })
  })

  it('are told when there are too many subscriptions', async () => {
    const server = await open({ maxReaders: 1 })
    const first = await rawClient(server.path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    expect(await (await rawClient(server.path, subscribeLine(''))).end()).toMatch(/1 subscriptions already/)
    first.socket.destroy()
    await vi.waitFor(() => expect(server.stats.readers).toBe(0))
    await rawClient(server.path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
  })
})

describe('the socket', () => {
  it.runIf(process.getuid?.() === 0)('belongs to whom it was given, by number or name', async () => {
    const byNumber = await open({ owner: 12_345, group: 54_321, mode: 0o660 })
    const stats = statSync(byNumber.path)
    expect([stats.uid, stats.gid, stats.mode & 0o777]).toEqual([12_345, 54_321, 0o660])
    const byName = await open({ owner: 'nobody', group: 'daemon' })
    expect(statSync(byName.path).uid).toBe(65_534)
    expect(statSync(byName.path).gid).toBe(1)
  })

  it('is not made for somebody who does not exist', async () => {
    const path = temporarySocketPath()
    await expect(listenBus({ path, owner: 'no such user' })).rejects.toThrow(/^owner: there is no "no such user"/)
    await expect(listenBus({ path, group: -1 })).rejects.toThrow(/^group: /)
    expect(existsSync(path)).toBe(false)
  })

  it('is made again when its directory vanishes; connections go on, and a client finds its way back', async () => {
    const path = join(dirname(temporarySocketPath()), 'run', 'bus.sock')
    const server = await open({ path, watchMs: 20 })
    const statuses = follow(server)
    const reader = await rawClient(path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    rmSync(dirname(path), { recursive: true })
    await vi.waitFor(() => expect(statuses).toEqual([{ type: 'relistened' }]))
    const publisher = await connectBus({ path })
    onTestFinished(() => publisher.close())
    publisher.publishText('t', 'through the new socket')
    expect(await reader.until(whole(1))).toBe(line('t', 'through the new socket'))
    await server.close()
    expect(existsSync(path)).toBe(false)
    expect(statuses.at(-1)).toEqual({ type: 'closed' })
  })

  it('tells that it cannot be made again, and is when it can', async () => {
    const directory = join(dirname(temporarySocketPath()), 'run')
    const server = await open({ path: join(directory, 'bus.sock'), watchMs: 20 })
    const statuses = follow(server)
    renameSync(directory, `${directory}.away`)
    writeFileSync(directory, '')
    await vi.waitFor(() => expect(statuses[0]?.type).toBe('unreachable'))
    rmSync(directory)
    mkdirSync(directory)
    await vi.waitFor(() => expect(statuses.at(-1)?.type).toBe('relistened'))
    await rawClient(server.path)
  })

  it('is left to whoever took its place', async () => {
    const server = await open({ watchMs: 20 })
    const statuses = follow(server)
    rmSync(server.path)
    const other = createServer()
    await new Promise<void>(resolve => other.listen(server.path, resolve))
    onTestFinished(() => void other.close())
    // In between it may have found the path empty and answered first; the rest is the same either way.
    await vi.waitFor(() => expect(statuses.map(status => status.type)).toEqual(['replaced']))
    await sleep(50)
    await server.close()
    expect(existsSync(server.path)).toBe(true)
  })
})

describe('a bus that is killed', () => {
  const script = new URL('../fixtures/bus-process.mjs', import.meta.url)

  async function start(path: string): Promise<ChildProcess> {
    const child = fork(script, [path], { execArgv: [] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await new Promise(resolve => child.once('message', resolve))
    return child
  }

  it('and started again is found by its clients, who count what they do not know as a gap', async () => {
    const path = temporarySocketPath()
    const first = await start(path)
    const client = await connectBus({ path, reconnect: { minDelayMs: 10, maxDelayMs: 50 } })
    onTestFinished(() => client.close())
    const subscription = client.subscribe('t', { gaps: true })
    await subscription.ready
    const iterator = subscription[Symbol.asyncIterator]()
    client.publishText('t', 'before')
    expect((await iterator.next()).value).toEqual({ topic: 't', value: 'before' })
    first.kill('SIGKILL')
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    client.publishText('t', 'while away')
    await start(path)
    const gap = (await iterator.next()).value as BusEvent
    expect(gap.topic).toBe('bus:gap')
    expect(JSON.parse(gap.value)).toMatchObject({ lost: null, where: 'reader' })
    expect((await iterator.next()).value).toEqual({ topic: 't', value: 'while away' })
  })
})

describe('what is sent badly', () => {
  it('a line of 1 MB ends its publisher, told why, and nobody else', async () => {
    const server = await open()
    const reader = await rawClient(server.path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    const bad = await rawClient(server.path, line('t', 'x'.repeat(1 << 20)))
    expect(await bad.end()).toMatch(/longer than 262144 bytes/)
    server.broker.publishText('t', 'x')
    expect(await reader.until(whole(1))).toBe(line('t', 'x'))
  })

  it('half a character arrives as it was sent, whatever it is', async () => {
    const server = await open()
    const socket = connect(server.path)
    onTestFinished(() => void socket.destroy())
    const received: Buffer[] = []
    socket.on('data', chunk => received.push(chunk))
    socket.write(subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    const bytes = Buffer.concat([Buffer.from('{"topic":"t","value":"'), Buffer.of(0xf0, 0x9f), Buffer.from('"}\n')])
    await rawClient(server.path, bytes)
    await vi.waitFor(() => expect(Buffer.concat(received)).toEqual(bytes))
    const subscription = server.broker.subscribe('t', { replay: 1 })
    expect((await subscription[Symbol.asyncIterator]().next()).value).toEqual({ topic: 't', value: '\ufffd' })
  })

  it('a reader that dies in the middle of a line is forgotten, and its place is free', async () => {
    const server = await open({ maxReaders: 1 })
    for (let index = 0; index < 10; index += 1) {
      const reader = await rawClient(server.path, subscribeLine(''))
      await vi.waitFor(() => expect(server.stats.readers).toBe(1))
      reader.socket.pause()
      for (let many = 0; many < 20; many += 1) server.broker.publishText('t', 'x'.repeat(100_000))
      reader.socket.destroy()
      await vi.waitFor(() => expect(server.stats).toMatchObject({ readers: 0, clients: 0 }))
    }
    expect(server.broker.stats.readers).toBe(0)
  })
})

describe('another dialect', () => {
  it('is given a connection of which nothing was consumed', async () => {
    const shouting: Dialect = {
      name: 'shouting',
      recognises: firstByte => firstByte === 0x53,
      serve: (socket: Socket, host) => {
        const reader = host.openReader(
          { prefix: 'nft:', dialect: 'shouting' },
          {
            onReadable: () => {
              for (let events = reader.readEvents(1000); events; events = reader.readEvents(1000)) {
                for (const { value } of events) socket.write(`${value.toUpperCase()}\n`)
              }
              reader.wait()
            }
          }
        )
        reader.wait()
        socket.resume().on('data', chunk => host.publishText('nft:heard', String(chunk).trim()))
        socket.once('close', () => reader.close())
        return { isSilent: false, flush: async () => undefined, close: () => undefined }
      }
    }
    const server = await open({ dialects: [shouting] })
    const client = await rawClient(server.path, 'So quiet')
    expect(await client.until(whole(1))).toBe('SO QUIET\n')
    expect(server.stats).toMatchObject({ received: 1, readers: 1, cutOff: 0 })
    expect(server.broker.readers()).toMatchObject([{ dialect: 'shouting', delivered: 1 }])
  })
})

describe('a client of an old bus', () => {
  /** Knows prefixes only, as sprbus-json; sends the same to everybody who subscribes. */
  async function oldBus(answer: string): Promise<{ path: string; asked: string[]; cut: () => void }> {
    const path = temporarySocketPath()
    const asked: string[] = []
    const sockets = new Set<Socket>()
    const server = createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.setEncoding('utf8').on('data', text => {
        asked.push(String(text))
        if (String(text).includes('subscribe:')) socket.write(answer)
      })
    })
    await new Promise<void>(resolve => server.listen(path, resolve))
    const cut = (): void => {
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
    onTestFinished(() => {
      cut()
      server.close()
    })
    return { path, asked, cut }
  }

  const answer = line('nft:lan:in', 'one') + line('nft:lan:out', 'two') + line('nft:wan:in', 'three')
  const compileFilter = (source: string) => (event: { value: string }) => event.value.includes(source)

  it('matches and filters itself, and asks for no more than it must', async () => {
    const { path, asked } = await oldBus(answer)
    const client = await connectBus({ path, compileFilter })
    onTestFinished(() => client.close())
    const subscription = client.subscribe('', { match: 'nft:*:in', filter: 'th' })
    for await (const event of subscription) {
      expect(event).toEqual({ topic: 'nft:wan:in', value: 'three' })
      break
    }
    expect(JSON.parse(asked[0] ?? '')).toMatchObject({ topic: 'subscribe:nft:', match: 'nft:*:in', filter: 'th' })
  })

  it('says so when nobody can filter', async () => {
    const { path } = await oldBus(answer)
    const client = await connectBus({ path })
    onTestFinished(() => client.close())
    const iterator = client.subscribe('', { filter: 'th' })[Symbol.asyncIterator]()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'BUS_REFUSED' })
  })

  it('counts a lost connection as a gap of unknown size', async () => {
    const { path, cut } = await oldBus(answer)
    const client = await connectBus({ path, reconnect: { minDelayMs: 5, maxDelayMs: 10 } })
    onTestFinished(() => client.close())
    const statuses: BusStatus[] = []
    void (async () => {
      for await (const status of client.status()) statuses.push(status)
    })()
    const subscription = client.subscribe('nft:', { gaps: true, resume: true })
    const topics: string[] = []
    for await (const { topic } of subscription) {
      topics.push(topic)
      if (topics.length === 3) cut()
      if (topics.length === 5) break
    }
    expect(topics).toEqual(['nft:lan:in', 'nft:lan:out', 'nft:wan:in', 'bus:gap', 'nft:lan:in'])
    expect(statuses.find(status => status.type === 'gap')).toMatchObject({ gap: { lost: null, where: 'reader' } })
  })

  it('is exactly a client of sprbus-json when it wishes nothing else', async () => {
    const { path, asked } = await oldBus(answer)
    const client = await connectBus({ path })
    onTestFinished(() => client.close())
    for await (const { topic } of client.subscribe('nft:lan', { resume: false })) {
      expect(topic).toBe('nft:lan:in')
      break
    }
    expect(asked).toEqual(['{"topic":"subscribe:nft:lan"}\n'])
  })
})
