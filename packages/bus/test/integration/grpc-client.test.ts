import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { BusStatus } from '../../src/client/status.js'
import type { BusClient, ConnectBusOptions } from '../../src/client.js'
import type { BusEvent, Subscription } from '../../src/event.js'
import { connectGrpcBus, grpcDialect } from '../../src/grpc/index.js'
import { type BusServer, type ListenBusOptions, listenBus } from '../../src/server.js'
import { temporarySocketPath } from './temporary-path.js'

async function listen(options: Partial<ListenBusOptions> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), dialects: [grpcDialect()], ...options })
  onTestFinished(() => server.close())
  return server
}

async function connect(path: string, options: Partial<ConnectBusOptions> = {}): Promise<BusClient> {
  const client = await connectGrpcBus({ path, reconnect: { minDelayMs: 10, maxDelayMs: 20 }, ...options })
  onTestFinished(() => client.close())
  return client
}

async function take(subscription: Subscription, count: number): Promise<BusEvent[]> {
  const iterator = subscription[Symbol.asyncIterator]()
  const events: BusEvent[] = []
  while (events.length < count) events.push((await iterator.next()).value as BusEvent)
  return events
}

describe('a gRPC client', () => {
  it('publishes many events in order, each once, and drains when the bus has them', async () => {
    const server = await listen()
    const client = await connect(server.path)
    const subscription = server.broker.subscribe('')
    for (let index = 0; index < 2000; index += 1) client.publishText('t', `${index} ${'x'.repeat(index % 700)}`)
    client.publish('t', { big: 'x'.repeat(200_000) })
    client.publishText('t', 'last')
    await client.drain()
    expect(server.stats.received).toBe(2002)
    const events = await take(subscription, 2002)
    expect(events.slice(0, 2000).map(event => Number.parseInt(event.value, 10))).toEqual(
      Array.from({ length: 2000 }, (_, index) => index)
    )
    expect(events.at(-1)).toEqual({ topic: 't', value: 'last' })
    expect(client.stats).toEqual({ connected: true, dropped: 0, queuedBytes: 0 })
  })

  it('keeps the order of long and short events', async () => {
    const server = await listen()
    const client = await connect(server.path)
    const subscription = server.broker.subscribe('')
    const sizes = [0, 10, 700, 5000, 8000, 15_000, 17_000, 40_000]
    for (let index = 0; index < 1000; index += 1) {
      const size = sizes[Math.floor(Math.random() * sizes.length)] ?? 0
      client.publishText('t', `${index} ${'x'.repeat(size)}`)
    }
    const events = await take(subscription, 1000)
    expect(events.map(event => Number.parseInt(event.value, 10))).toEqual(Array.from(events.keys()))
  })

  it('comes back to a bus that was restarted, goes on reading, and delivers what was published meanwhile', async () => {
    const server = await listen()
    const client = await connect(server.path)
    const subscription = client.subscribe('a:')
    await subscription.ready
    server.broker.publishText('a:1', 'before')
    expect(await take(subscription, 1)).toEqual([{ topic: 'a:1', value: 'before' }])
    await server.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    client.publishText('b:1', 'meanwhile')
    const again = await listen({ path: server.path })
    const received = again.broker.subscribe('b:', { replay: 1 })
    await client.drain()
    expect(await take(received, 1)).toEqual([{ topic: 'b:1', value: 'meanwhile' }])
    await vi.waitFor(() => expect(again.stats.readers).toBe(1))
    again.broker.publishText('a:1', 'after')
    expect(await take(subscription, 1)).toEqual([{ topic: 'a:1', value: 'after' }])
  })

  it('resumes where it was when only its connection broke', async () => {
    const server = await listen()
    const relay = await openRelay(server.path)
    const client = await connect(relay.path, { reconnect: { minDelayMs: 100, maxDelayMs: 100 } })
    const subscription = client.subscribe('a:', { seq: true })
    await subscription.ready
    server.broker.publishText('a:1', '1')
    expect(await take(subscription, 1)).toEqual([{ topic: 'a:1', value: '1', seq: 1 }])
    const statuses = client.status()[Symbol.asyncIterator]()
    relay.cut()
    for (let use = ''; use !== 'subscribe'; ) {
      const status = (await statuses.next()).value as BusStatus
      use = 'use' in status ? status.use : ''
    }
    server.broker.publishText('a:1', '2')
    server.broker.publishText('a:1', '3')
    expect(await take(subscription, 2)).toEqual([
      { topic: 'a:1', value: '2', seq: 2 },
      { topic: 'a:1', value: '3', seq: 3 }
    ])
    expect(subscription.dropped).toBe(0)
  })

  it('reports what the bus refuses, and a subscription that it refuses ends', async () => {
    const server = await listen({ maxLineBytes: 4096 })
    const client = await connect(server.path)
    const statuses = client.status()[Symbol.asyncIterator]()
    const next = async (type: string): Promise<unknown> => {
      for (;;) {
        const status = (await statuses.next()).value as BusStatus
        if (status.type === type) return status
      }
    }
    const refused = next('refused')
    client.publishText('t', 'x'.repeat(10_000))
    expect(await refused).toMatchObject({ reason: expect.stringContaining('4096') as string })
    const filtered = client.subscribe('', { filter: 'no language for this' })
    await expect(filtered[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BUS_REFUSED' })
  })

  it('says that there is no bus', async () => {
    const path = temporarySocketPath()
    await expect(connectGrpcBus({ path })).rejects.toMatchObject({
      code: 'BUS_CONNECT',
      message: expect.stringContaining('there is no such socket') as string
    })
    const waiting = connectGrpcBus({ path, wait: true, reconnect: { minDelayMs: 5, maxDelayMs: 5 } })
    await sleep(50)
    await listen({ path })
    await (await waiting).close()
  })

  it('says that a bus does not speak gRPC', async () => {
    const path = temporarySocketPath()
    const server = await listenBus({ path })
    onTestFinished(() => server.close())
    await expect(connectGrpcBus({ path, timeoutMs: 1000 })).rejects.toMatchObject({ code: 'BUS_CONNECT', path })
    const silent = createServer(() => undefined)
    const silentPath = temporarySocketPath()
    await new Promise<void>(resolve => silent.listen(silentPath, resolve))
    onTestFinished(() => void silent.close())
    await expect(connectGrpcBus({ path: silentPath, timeoutMs: 50 })).rejects.toMatchObject({ code: 'BUS_CONNECT' })
    const reason = new Error('enough')
    const abort = new AbortController()
    const connecting = connectGrpcBus({ path: silentPath, timeoutMs: 10_000, signal: abort.signal })
    setTimeout(() => abort.abort(reason), 20)
    await expect(connecting).rejects.toBe(reason)
  })

  it('ends everything at once when its signal aborts', async () => {
    const server = await listen()
    const abort = new AbortController()
    const client = await connect(server.path, { signal: abort.signal })
    const subscription = client.subscribe('')
    await subscription.ready
    const reading = subscription[Symbol.asyncIterator]().next()
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    expect(() => client.publishText('t', '')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
    await vi.waitFor(() => expect(server.stats.clients).toBe(0))
  })

  it('gives the bus what was published before it closes', async () => {
    const server = await listen()
    const client = await connect(server.path, { drainMs: 10_000 })
    for (let index = 0; index < 500; index += 1) client.publishText('t', `${index}`)
    await client.close()
    expect(server.stats.received).toBe(500)
    await vi.waitFor(() => expect(server.stats.clients).toBe(0))
  })
})

/** Stands between clients and a bus, so that their connections can be cut while both live on. */
async function openRelay(busPath: string): Promise<{ path: string; cut(): void }> {
  const sockets = new Set<Socket>()
  const path = temporarySocketPath('relay.sock')
  const relay = createServer(socket => {
    const onward = connectSocket(busPath)
    for (const [from, to] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.once('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>(resolve => relay.listen(path, resolve))
  onTestFinished(() => void relay.close())
  return {
    path,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    }
  }
}
