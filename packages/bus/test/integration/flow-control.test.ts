import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type BusServer,
  type BusStatus,
  connectBus,
  createBroker,
  type Gap,
  type ListenBusOptions,
  listenBus
} from '../../src/index.js'
import { rawClient } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(options: Omit<ListenBusOptions, 'path'> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), drainMs: 100, ...options })
  onTestFinished(() => server.close())
  return server
}

const line = (topic: string, value: string): string => `${JSON.stringify({ topic, value })}\n`
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function flood(server: BusServer, topic: string, count: number): Promise<void> {
  const bytes = Buffer.from(line(topic, 'x'.repeat(640)))
  for (let index = 0; index < count; index += 1) {
    server.broker.publishLine(bytes, topic)
    if (index % 200 === 199) await turn()
  }
}

/** A reader that stops reading as soon as it has subscribed. */
async function stalledReader(server: BusServer, wishes: object): Promise<Awaited<ReturnType<typeof rawClient>>> {
  const { readers } = server.stats
  const client = await rawClient(server.path, `${JSON.stringify({ topic: 'subscribe:', ...wishes })}\n`)
  await vi.waitFor(() => expect(server.stats.readers).toBe(readers + 1))
  client.socket.pause()
  return client
}

describe('flow control', () => {
  it('brings a burst of 20,000 events of 640 bytes from one socket whole to an ordinary reader', async () => {
    const server = await open()
    const reader = await connectBus({ path: server.path })
    onTestFinished(() => reader.close())
    const subscription = reader.subscribe('any:')
    await subscription.ready
    const publisher = await rawClient(server.path)
    const value = 'x'.repeat(640)
    publisher.socket.write(
      Array.from({ length: 20_000 }, (_, index) => line('any:topic', `${index} ${value}`)).join('')
    )
    let count = 0
    for await (const event of subscription) {
      expect(event.value.startsWith(`${count} `)).toBe(true)
      count += 1
      if (count === 20_000) break
    }
    expect(server.stats).toMatchObject({ received: 20_000, dropped: 0 })
    expect(subscription.dropped).toBe(0)
  })

  it('tells a slow reader in order, and to the event, what it lost', async () => {
    const server = await open({ broker: createBroker({ ringBytes: 1 << 20 }) })
    const slow = await stalledReader(server, { topic: 'subscribe:t', gaps: true, seq: true })
    await flood(server, 't', 5000)
    slow.socket.resume()
    server.broker.publishText('t', 'end')
    const text = await slow.until(text => text.endsWith('"value":"end"}\n'))
    let last = 0
    let lost = 0
    for (const one of text.split('\n').slice(1, -1)) {
      const { topic, value, seq } = JSON.parse(one) as { topic: string; value: string; seq: number }
      if (topic === 'bus:gap') {
        const gap = JSON.parse(value) as { from: number; to: number; lost: number; where: string }
        expect(gap).toEqual({ from: last + 1, to: last + gap.lost, lost: gap.lost, where: 'reader' })
        last = gap.to
        lost += gap.lost
      } else {
        expect(seq).toBe(last + 1)
        last = seq
      }
    }
    expect(last).toBe(5001)
    expect(lost).toBe(server.stats.dropped)
    expect(lost).toBeGreaterThan(1000)
  })

  it('keeps alerts for a slow reader while packets flood', async () => {
    const server = await open({ ringBytes: { nft: 1 << 20 } })
    const slow = await stalledReader(server, {})
    await flood(server, 'nft:lan:in', 3000)
    server.broker.publishText('alert:one', 'kept')
    await flood(server, 'nft:lan:in', 3000)
    slow.socket.resume()
    server.broker.publishText('end', '')
    const text = await slow.until(text => text.endsWith(line('end', '')))
    expect(text).toContain(line('alert:one', 'kept'))
    expect(text.split('\n').length - 3 + server.stats.dropped).toBe(6000)
    expect(server.stats.dropped).toBeGreaterThan(3000)
  })

  it('bounds memory against clients that make up topics', async () => {
    const server = await open({ ringBytes: 1 << 20, otherRingsBytes: 4 << 20, maxRings: 4 })
    for (let index = 0; index < 40_000; index += 1) {
      server.broker.publishText(`topic${index}:x`, 'x'.repeat(300))
      if (index % 1000 === 0) await turn()
    }
    expect(server.broker.stats.heldBytes).toBeLessThanOrEqual(4 << 20)
    expect(server.broker.stats.published).toBe(40_000)
  })

  it('with the policy disconnect, ends a reader that lost something, and says why', async () => {
    const server = await open({ broker: createBroker({ ringBytes: 1 << 20 }) })
    const slow = await stalledReader(server, { policy: 'disconnect' })
    const client = await connectBus({ path: server.path })
    onTestFinished(() => client.close())
    await flood(server, 't', 5000)
    expect(server.stats).toMatchObject({ disconnected: 1, readers: 0 })
    slow.socket.resume()
    expect(await slow.end()).toMatch(/\{"topic":"bus:error","value":"connection closed: .*too slow.*"\}\n$/)

    // In process the same, as an error.
    const subscription = server.broker.subscribe('t', { policy: 'disconnect' })
    for (let index = 0; index < 5000; index += 1) server.broker.publishText('t', 'x'.repeat(640))
    await expect(subscription[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BUS_SLOW_CONSUMER' })
  })

  it('removes a reader that took no byte for the time it is given, soon after and whatever its policy', async () => {
    const server = await open({ stallMs: 400 })
    await stalledReader(server, { policy: 'disconnect' })
    await stalledReader(server, {})
    const start = performance.now()
    for (let index = 0; index < 20; index += 1) server.broker.publishText('t', 'x'.repeat(100_000))
    await vi.waitFor(() => expect(server.stats.stalled).toBe(2), { timeout: 3000, interval: 5 })
    expect(performance.now() - start).toBeGreaterThan(390)
    expect(performance.now() - start).toBeLessThan(800)
  })

  it('removes it, too, when it goes on sending', async () => {
    const server = await open({ stallMs: 200 })
    const { socket } = await stalledReader(server, {})
    const sending = setInterval(() => socket.write('\n'), 10)
    onTestFinished(() => clearInterval(sending))
    for (let index = 0; index < 20; index += 1) server.broker.publishText('t', 'x'.repeat(100_000))
    await vi.waitFor(() => expect(server.stats).toMatchObject({ stalled: 1, readers: 0 }), 3000)
  })

  it('shows who is behind, and by how much', async () => {
    const server = await open()
    await stalledReader(server, { name: 'sleepy' })
    await flood(server, 'nft:x', 2000)
    const client = await connectBus({ path: server.path })
    onTestFinished(() => client.close())
    for await (const { value } of client.subscribe('bus:stats', { name: 'top' })) {
      const { readers, server: own } = JSON.parse(value) as {
        readers: { name: string; lag: number; delivered: number; dialect: string }[]
        server: { readers: number }
      }
      const sleepy = readers.find(({ name }) => name === 'sleepy')
      expect(sleepy?.dialect).toBe('newline-json')
      expect(sleepy?.lag).toBeGreaterThan(500)
      expect((sleepy?.lag ?? 0) + (sleepy?.delivered ?? 0)).toBe(2000)
      expect(own.readers).toBe(2)
      break
    }
  })
})

describe('a client that loses its connection', () => {
  async function relay(server: BusServer): Promise<{ path: string; cut: () => void }> {
    const { createServer, connect } = await import('node:net')
    const path = temporarySocketPath('relay.sock')
    const cuts = new Set<() => void>()
    const front = createServer(socket => {
      const back = connect(server.path)
      socket.pipe(back).pipe(socket)
      socket.on('error', () => undefined)
      back.on('error', () => undefined)
      const cut = (): void => {
        socket.destroy()
        back.destroy()
      }
      cuts.add(cut)
    })
    await new Promise<void>(resolve => front.listen(path, resolve))
    const cut = (): void => {
      for (const one of cuts) one()
      cuts.clear()
    }
    onTestFinished(() => {
      cut()
      front.close()
    })
    return { path, cut }
  }

  it('goes on exactly where it was', async () => {
    const server = await open()
    const { path, cut } = await relay(server)
    const client = await connectBus({ path, reconnect: { minDelayMs: 20, maxDelayMs: 50 } })
    onTestFinished(() => client.close())
    const subscription = client.subscribe('t')
    await subscription.ready
    const values: number[] = []
    const reading = (async () => {
      for await (const { value } of subscription) {
        values.push(Number(value))
        if (values.length === 400) return
      }
    })()
    for (let index = 0; index < 400; index += 1) {
      server.broker.publishText('t', String(index))
      server.broker.publishText('other', '')
      if (index % 100 === 50) cut()
      await sleep(1)
    }
    await reading
    expect(values).toEqual(Array.from({ length: 400 }, (_, index) => index))
  })

  it('is told what the bus did not hold any more', async () => {
    const server = await open({ broker: createBroker({ ringBytes: 1 << 20 }) })
    const { path, cut } = await relay(server)
    const client = await connectBus({ path, reconnect: { minDelayMs: 100, maxDelayMs: 100 } })
    onTestFinished(() => client.close())
    const statuses: BusStatus[] = []
    void (async () => {
      for await (const status of client.status()) statuses.push(status)
    })()
    const subscription = client.subscribe('t', { gaps: true, seq: true })
    await subscription.ready
    server.broker.publishText('t', 'first')
    const iterator = subscription[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toMatchObject({ value: 'first', seq: 1 })
    cut()
    await flood(server, 't', 5000)
    const gap = (await iterator.next()).value as { topic: string; value: string }
    expect(gap.topic).toBe('bus:gap')
    const { from, to, lost } = JSON.parse(gap.value) as Gap
    expect({ from, lost }).toEqual({ from: 2, lost: (to ?? 0) - 1 })
    expect((await iterator.next()).value).toMatchObject({ seq: (to ?? 0) + 1 })
    expect(subscription.dropped).toBe(lost)
    expect(statuses.find(status => status.type === 'gap')).toMatchObject({ gap: { from: 2, lost }, prefix: 't' })
  })

  it('counts what it published and could not give to anybody before it closed', async () => {
    const path = temporarySocketPath()
    const server = await listenBus({ path })
    const client = await connectBus({ path, drainMs: 20 })
    const statuses: BusStatus[] = []
    const following = (async () => {
      for await (const status of client.status()) statuses.push(status)
    })()
    await server.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    for (let index = 0; index < 10; index += 1) client.publishText('t', 'x')
    expect(client.stats.queuedBytes).toBeGreaterThan(200)
    await client.close()
    await following
    expect(client.stats.dropped).toBe(10)
    expect(statuses.filter(status => status.type === 'dropped')).toEqual([
      { type: 'dropped', count: 10, use: 'publish' }
    ])
  })

  it('says to the readers of gaps on the bus what it could not keep for them', async () => {
    const path = temporarySocketPath()
    const first = await listenBus({ path })
    const client = await connectBus({ path, publishQueueBytes: 1 << 20, reconnect: { minDelayMs: 20, maxDelayMs: 20 } })
    onTestFinished(() => client.close())
    await first.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    for (let index = 0; index < 3000; index += 1) client.publishText('t', `${index} ${'x'.repeat(1000)}`)
    const broker = createBroker()
    const events = broker.subscribe('t', { gaps: true })[Symbol.asyncIterator]()
    const second = await listenBus({ path, broker })
    onTestFinished(() => second.close())
    const gap = (await events.next()).value as { topic: string; value: string }
    expect(JSON.parse(gap.value)).toMatchObject({ where: 'queue', lost: client.stats.dropped })
    expect(((await events.next()).value as { value: string }).value.split(' ')[0]).toBe(String(client.stats.dropped))
  })

  it('lets a publisher wait for room, so that a slow bus loses it nothing', async () => {
    const server = await open()
    const client = await connectBus({ path: server.path, publishQueueBytes: 1 << 20 })
    onTestFinished(() => client.close())
    const value = 'x'.repeat(10_000)
    for (let index = 0; index < 2000; index += 1) {
      await client.waitForRoom()
      client.publishText('t', value)
    }
    await client.drain()
    expect(client.stats).toMatchObject({ dropped: 0, queuedBytes: 0 })
    await vi.waitFor(() => expect(server.stats.received).toBe(2000))

    await server.close()
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    for (let index = 0; index < 80; index += 1) client.publishText('t', value)
    const abort = new AbortController()
    const reason = new Error('enough')
    const waits = [client.waitForRoom({ signal: abort.signal }), client.drain({ signal: abort.signal })]
    abort.abort(reason)
    for (const result of await Promise.allSettled(waits)) expect(result).toEqual({ status: 'rejected', reason })
  })
})
