import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { BusEvent, Subscription } from '../../src/event.js'
import { connectGrpcBus, grpcDialect } from '../../src/grpc/index.js'
import { type BusServer, type ListenBusOptions, listenBus } from '../../src/server.js'
import { probeSocket } from '../../src/socket-file.js'
import { describeWithGo, type GoRun } from './go-grpc.js'
import { temporarySocketPath } from './temporary-path.js'

async function listen(options: Partial<ListenBusOptions> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), dialects: [grpcDialect()], ...options })
  onTestFinished(() => server.close())
  return server
}

async function read({ lines }: GoRun, count: number): Promise<string[]> {
  const got: string[] = []
  while (got.length < count) {
    const line = await lines.next()
    if (line.done) throw new Error(`the Go program ended after ${got.length} of ${count} lines`)
    got.push(line.value)
  }
  return got
}

async function take(subscription: Subscription, count: number): Promise<BusEvent[]> {
  const iterator = subscription[Symbol.asyncIterator]()
  const events: BusEvent[] = []
  while (events.length < count) events.push((await iterator.next()).value as BusEvent)
  return events
}

describeWithGo("clients on Google's Go stack", go => {
  // `unix:///` and an absolute path is what sprbus's client puts together.
  for (const scheme of ['unix:///', 'unix://', 'unix:']) {
    it(`publish and subscribe by ${scheme} and a path, subscribed before they publish`, async () => {
      const server = await listen()
      const target = scheme + server.path
      const topics = go.run('subscribe', target, 'SubscribeTopic', 'nft:', '3')
      const everything = go.run('subscribe', target, 'Subscribe', '', '3')
      expect(await read(topics, 1)).toEqual(['ready'])
      expect(await read(everything, 1)).toEqual(['ready'])
      const publisher = go.run('publish', target, 'nft:lan:in')
      publisher.process.stdin?.end('[{"x":1}]\nplain {text}\n5\n')
      expect(await read(publisher, 3)).toEqual(['OK', 'OK', 'OK'])
      const values = ['[{"x":1}]', 'plain {text}', '5']
      expect((await read(topics, 3)).map(line => JSON.parse(line) as unknown)).toEqual(
        values.map(value => ({ topic: 'nft:lan:in', value }))
      )
      expect((await read(everything, 3)).map(line => JSON.parse(line) as unknown)).toEqual(
        values.map(value => ({ topic: '', value: `nft:lan:in:${value}` }))
      )
    })
  }

  it('learn by reflection what there is', async () => {
    const server = await listen()
    const run = go.run('reflect', `unix://${server.path}`)
    const lines: string[] = []
    for (;;) {
      const line = await run.lines.next()
      if (line.done) break
      lines.push(line.value)
    }
    expect(lines).toEqual([
      'pubservice.PubsubService',
      '  Publish .pubservice.String .pubservice.String false',
      '  SubscribeTopic .pubservice.String .pubservice.String true',
      '  Subscribe .pubservice.String .pubservice.String true',
      '  String.topic 1 TYPE_STRING',
      '  String.value 2 TYPE_STRING'
    ])
  })

  it('are told when an event is too long, and go on', async () => {
    const server = await listen()
    const publisher = go.run('publish', `unix://${server.path}`, 't')
    publisher.process.stdin?.end(`${'x'.repeat(1_000_000)}\n${'x'.repeat(250_000)}\n`)
    expect(await read(publisher, 2)).toEqual(['ResourceExhausted', 'OK'])
  })

  it('get a burst of 20,000 events of 640 bytes whole', async () => {
    const server = await listen()
    const reader = go.run('subscribe', `unix://${server.path}`, 'SubscribeTopic', 'burst', '20000')
    await read(reader, 1)
    for (let index = 0; index < 20_000; index += 1) {
      server.broker.publishText('burst', `${'x'.repeat(600)}${index}`)
      if (index % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    const lines = await read(reader, 20_000)
    expect(lines.every((line, index) => line.endsWith(`x${index}"}`))).toBe(true)
    expect(server.stats.dropped).toBe(0)
  })

  it('find the bus again after it was restarted', async () => {
    const server = await listen()
    const publisher = go.run('publish', `unix://${server.path}`, 't')
    publisher.process.stdin?.write('1\n')
    expect(await read(publisher, 1)).toEqual(['OK'])
    await server.close()
    const again = await listen({ path: server.path })
    let answer: string | undefined
    await vi.waitFor(
      async () => {
        publisher.process.stdin?.write('2\n')
        answer = (await read(publisher, 1))[0]
        expect(answer).toBe('OK')
      },
      { timeout: 10_000, interval: 100 }
    )
    expect(again.stats.received).toBe(1)
  })

  it('may be idle as long as they like', async () => {
    const server = await listen({ stallMs: 100 })
    const publisher = go.run('publish', `unix://${server.path}`, 't')
    const reader = go.run('subscribe', `unix://${server.path}`, 'SubscribeTopic', 't', '1')
    await read(reader, 1)
    publisher.process.stdin?.write('1\n')
    expect(await read(publisher, 1)).toEqual(['OK'])
    await sleep(1000)
    publisher.process.stdin?.write('2\n')
    expect(await read(publisher, 1)).toEqual(['OK'])
    expect(server.stats).toMatchObject({ accepted: 2, cutOff: 0, stalled: 0 })
  })

  it('are removed when they stand still, and hold up nobody', async () => {
    const server = await listen({ stallMs: 200 })
    const reader = go.run('subscribe', `unix://${server.path}`, 'SubscribeTopic', 't', '1000000')
    await read(reader, 1)
    reader.process.kill('SIGSTOP')
    for (let index = 0; index < 2000; index += 1) server.broker.publishText('t', 'x'.repeat(1000))
    await vi.waitFor(() => expect(server.stats).toMatchObject({ clients: 0, readers: 0 }), 5000)
    // Whichever is noticed first: that it takes nothing, or that it answers no ping.
    expect(server.stats.stalled + server.stats.cutOff).toBeGreaterThan(0)
  })
})

describeWithGo("a client of sprbus's first bus, in Go", go => {
  async function serve(): Promise<{ path: string; run: GoRun }> {
    const path = temporarySocketPath()
    const run = go.run('serve', path)
    await vi.waitFor(async () => expect(await probeSocket(path)).toBe('live'))
    return { path, run }
  }

  it('publishes in order and subscribes, comes back when the bus does', async () => {
    const { path, run } = await serve()
    const client = await connectGrpcBus({ path, reconnect: { minDelayMs: 10, maxDelayMs: 50 } })
    onTestFinished(() => client.close())
    const subscription = client.subscribe('nft:lan:in')
    await subscription.ready
    const events = Array.from({ length: 300 }, (_, index) => ({ topic: 'nft:lan:in', value: `{"n":${index}}` }))
    // Go's bus holds ten events for a reader, and drops what that one has not taken 100 ms later.
    for (let first = 0; first < events.length; first += 10) {
      const ten = events.slice(first, first + 10)
      for (const { topic, value } of ten) client.publishText(topic, value)
      await client.drain()
      expect(await take(subscription, 10)).toEqual(ten)
    }

    run.process.kill('SIGKILL')
    await vi.waitFor(() => expect(client.stats.connected).toBe(false))
    client.publishText('nft:lan:in', 'meanwhile')
    const subscribed = (async () => {
      for await (const status of client.status()) {
        if (status.type === 'connected' && status.use === 'subscribe') return
      }
    })()
    rmSync(path)
    go.run('serve', path)
    await client.drain()
    await subscribed
    // Go's bus does not say when a subscription stands.
    const after = take(subscription, 1)
    await vi.waitFor(async () => {
      client.publishText('nft:lan:in', 'after')
      expect(await Promise.race([after, new Promise(resolve => setTimeout(resolve, 100))])).toBeDefined()
    }, 10_000)
  })
})
