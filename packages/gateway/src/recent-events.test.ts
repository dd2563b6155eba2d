import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Broker, type BusClient, connectBus, createBroker, createBusClient, listenBus } from '@packet-logs/bus'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecentPage, RecentQuery } from './recent.js'
import { createRecentEvents } from './recent-events.js'

let directory: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recent-'))
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(directory, { recursive: true })
})

interface OpenBus {
  readonly broker: Broker
  readonly bus: BusClient
}

const ways: readonly [name: string, open: () => Promise<OpenBus>][] = [
  [
    'in the process',
    async () => {
      const broker = createBroker()
      return { broker, bus: createBusClient(broker) }
    }
  ],
  [
    'over a socket',
    async () => {
      const server = await listenBus({ path: join(directory, 'bus.sock') })
      const bus = await connectBus({ path: server.path })
      closing.push(
        () => server.close(),
        () => bus.close()
      )
      return { broker: server.broker, bus }
    }
  ]
]

const all: RecentQuery = { prefixes: [''], limit: 100 }
const valuesOf = ({ events }: RecentPage): unknown[] => events.map(({ value }) => JSON.parse(value) as unknown)

describe.each(ways)('recent events of a bus %s', (_name, open) => {
  it('are the newest, the newest last, of any of the prefixes', async () => {
    const { broker, bus } = await open()
    for (let count = 1; count <= 20; count++) broker.publish(count % 4 === 0 ? 'dns:block' : 'nft:drop:in', count)
    const recent = createRecentEvents(bus)
    expect(valuesOf(await recent.read({ ...all, limit: 3 }))).toEqual([18, 19, 20])
    expect(valuesOf(await recent.read({ prefixes: ['dns:'], limit: 2 }))).toEqual([16, 20])
    const both = await recent.read({ prefixes: ['nft:', 'dns:', 'nft:drop'], limit: 6 })
    expect(valuesOf(both)).toEqual([15, 16, 17, 18, 19, 20])
    expect(both).toMatchObject({ lost: 0, more: true })
    const matching = await recent.read({ ...all, match: ['*:block'] })
    expect(valuesOf(matching)).toEqual([4, 8, 12, 16, 20])
    expect(matching).toMatchObject({ seen: 5, matched: 5, more: false })
    expect(await recent.read({ prefixes: ['wifi:'], limit: 5 })).toMatchObject({ events: [], seen: 0, more: false })
  })

  it('are told with how many were seen and how many matched', async () => {
    const { broker, bus } = await open()
    for (let port = 1; port <= 200; port++) broker.publish('x', { port })
    const query = { ...all, filter: 'event.port > 150', limit: 10 }
    const page = await createRecentEvents(bus).read(query)
    expect(page).toMatchObject({ seen: 200, matched: 50, more: true })
    expect(valuesOf(page)).toEqual(Array.from({ length: 10 }, (_, index) => ({ port: 191 + index })))
    const near = await createRecentEvents(bus, { searchEvents: 20 }).read({ ...query, limit: 20 })
    expect(near).toMatchObject({ seen: 20, matched: 20, more: true })
    expect(await createRecentEvents(bus).read({ ...all, filter: 'event.port == 0' })).toMatchObject({
      events: [],
      seen: 200,
      matched: 0,
      more: false
    })
  })

  it('are all of them, however much the bus has to send', async () => {
    const { broker, bus } = await open()
    for (let count = 0; count < 4000; count++) broker.publishText('x', String(count).padEnd(2000))
    const page = await createRecentEvents(bus).read({ ...all, limit: 10_000 })
    expect(page).toMatchObject({ seen: 4000, more: false })
    expect(page.events).toHaveLength(4000)
  })

  it('can be those since a time', async () => {
    const { broker, bus } = await open()
    for (const minute of [1, 2, 3]) broker.publish('nft:x', { Timestamp: `2026-01-01T00:0${minute}:00Z` })
    broker.publish('nft:x', { without: 'time' })
    const page = await createRecentEvents(bus).read({ ...all, sinceMs: Date.parse('2026-01-01T00:02:00Z') })
    expect(page).toMatchObject({ seen: 4, matched: 2 })
  })

  it('come page by page, each once, while others publish', async () => {
    const { broker, bus } = await open()
    const recent = createRecentEvents(bus)
    const published: number[] = []
    const publish = (): void => {
      published.push(published.length)
      broker.publish(['nft:a', 'dns:b', 'other'][published.length % 3] ?? '', published.length)
    }
    for (let count = 0; count < 50; count++) publish()
    const start = await recent.read({ prefixes: ['none'], limit: 1 })
    let { position } = start
    const found: unknown[] = []
    for (let count = 0; count < 60; count++) publish()
    for (let turn = 0; turn < 60; turn++) {
      const page = await recent.read({ prefixes: ['nft:', 'dns:'], limit: 7, since: position })
      expect(page.lost).toBe(0)
      found.push(...valuesOf(page))
      ;({ position } = page)
      if (turn < 20) for (let count = 0; count < 3; count++) publish()
      else if (!page.more) break
    }
    const wanted = published.map(index => index + 1).filter(count => count > 50 && count % 3 !== 2)
    expect(found).toEqual(wanted)
  })

  it('say what is missing', async () => {
    const { broker, bus } = await open()
    broker.publish('a', 1)
    broker.reportLoss({ where: 'kernel', lost: 5 })
    broker.publish('b', 2)
    const recent = createRecentEvents(bus)
    const page = await recent.read({ prefixes: ['a', 'b'], limit: 10 })
    expect(page.lost).toBe(5)
    expect(valuesOf(page)).toEqual([1, 2])
    const { position } = page
    expect((await recent.read({ ...all, since: { ...position, epoch: position.epoch - 1 } })).lost).toBeNull()
  })

  it('are given up when the caller is gone, and leave nobody reading', async () => {
    const { broker, bus } = await open()
    const recent = createRecentEvents(bus)
    await expect(recent.read({ ...all, signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
    const controller = new AbortController()
    const reading = recent.read({ ...all, signal: controller.signal })
    controller.abort(new Error('gone now'))
    await expect(reading).rejects.toThrow('gone now')
    await recent.read(all)
    for (let turn = 0; turn < 100 && broker.stats.readers > 0; turn++) await setTimeout(10)
    expect(broker.stats.readers).toBe(0)
  })

  it('are refused for a filter or pattern that cannot be', async () => {
    const { bus } = await open()
    const recent = createRecentEvents(bus)
    await expect(recent.read({ ...all, filter: 'src.prt == 1' })).rejects.toMatchObject({ code: 'FILTER_UNKNOWN_NAME' })
    await expect(recent.read({ ...all, match: ['a:>:b'] })).rejects.toThrow(TypeError)
  })
})

describe('recent events', () => {
  it('do not outgrow their page', async () => {
    const broker = createBroker()
    for (let count = 0; count < 100; count++) broker.publishText('x', String(count).padEnd(1000))
    const recent = createRecentEvents(createBusClient(broker), { pageCharacters: 10_000 })
    const page = await recent.read(all)
    expect(page.events.map(({ value }) => value.trim())).toEqual(Array.from({ length: 10 }, (_, at) => String(90 + at)))
    expect(page).toMatchObject({ seen: 100, matched: 100, more: true })
    const { epoch } = page.position
    const forward = await recent.read({ ...all, since: { epoch, seq: 0 } })
    expect(forward.events).toHaveLength(10)
    expect(forward).toMatchObject({ more: true, position: { seq: forward.events.at(-1)?.seq } })
  })

  it('let others have their turn', async () => {
    const broker = createBroker()
    for (let count = 0; count < 10_000; count++) broker.publish('nft:x', { Prefix: 'x', IP: { Version: 4 }, count })
    const reading = createRecentEvents(createBusClient(broker)).read({
      ...all,
      filter: 'src.port == 1 || dst.port == 2'
    })
    let turns = 0
    let isOver = false
    void reading.then(() => {
      isOver = true
    })
    for (; !isOver; turns++) await setTimeout(0)
    expect((await reading).seen).toBe(10_000)
    expect(turns).toBeGreaterThan(5)
  })

  it('are not kept by a bus of SPR, which is said', async () => {
    const sockets = new Set<Socket>()
    const server: Server = createServer(socket => sockets.add(socket.resume()))
    const path = join(directory, 'sprbus.sock')
    await new Promise<void>(resolve => server.listen(path, resolve))
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(resolve))
    })
    const bus = await connectBus({ path })
    closing.push(() => bus.close())
    await expect(createRecentEvents(bus).read(all)).rejects.toMatchObject({ code: 'GATEWAY_NO_REPLAY', path })
  })

  it('are not to be had from a bus that is away, which is said', async () => {
    const server = await listenBus({ path: join(directory, 'bus.sock') })
    const bus = await connectBus({ path: server.path })
    closing.push(() => bus.close())
    await server.close()
    for (let turn = 0; turn < 100 && bus.stats.connected; turn++) await setTimeout(10)
    await expect(createRecentEvents(bus).read(all)).rejects.toMatchObject({ code: 'GATEWAY_BUS_SILENT' })
  })
})
