import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBroker } from '../../src/broker.js'
import { grpcDialect } from '../../src/grpc/dialect.js'
import { type BusServer, type ListenBusOptions, listenBus } from '../../src/server.js'
import { frame, message, rawGrpc } from './grpc-call.js'
import { rawClient, subscribeLine } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(options: Partial<ListenBusOptions> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), dialects: [grpcDialect()], ...options })
  onTestFinished(() => server.close())
  return server
}

describe('a bus that speaks gRPC, too', () => {
  it('carries events between both dialects on one socket, topic and value never mixed up', async () => {
    const server = await open()
    const grpc = await rawGrpc(server.path)
    const topics = grpc.call('SubscribeTopic', message('nft:', ''))
    const everything = grpc.call('Subscribe', message('', ''))
    await Promise.all([topics.started, everything.started])
    const lines = await rawClient(server.path, subscribeLine(''))
    await vi.waitFor(() => expect(server.stats.readers).toBe(3))

    expect(await grpc.call('Publish', message('nft:a', '[{"x":1}]')).status).toBe('0')
    expect(await grpc.call('Publish', message('dns:b', 'plain {text}:5')).status).toBe('0')
    await rawClient(server.path, '{"topic":"nft:c","value":"\\u0041\\"ж"}\n')

    expect(await topics.messages(2)).toEqual([
      { topic: 'nft:a', value: '[{"x":1}]', seq: 0 },
      { topic: 'nft:c', value: 'A"ж', seq: 0 }
    ])
    expect((await everything.messages(3)).map(({ topic, value }) => [topic, value])).toEqual([
      ['', 'nft:a:[{"x":1}]'],
      ['', 'dns:b:plain {text}:5'],
      ['', 'nft:c:A"ж']
    ])
    expect(await lines.until(text => text.split('\n').length > 3)).toBe(
      '{"topic":"nft:a","value":"[{\\"x\\":1}]"}\n{"topic":"dns:b","value":"plain {text}:5"}\n{"topic":"nft:c","value":"\\u0041\\"ж"}\n'
    )
  })

  it('matches like sprbus: a prefix with a colon at its end also means the topic without', async () => {
    const server = await open()
    const grpc = await rawGrpc(server.path)
    const call = grpc.call('SubscribeTopic', message('nft:lan:in:', ''))
    await call.started
    for (const topic of ['nft:lan:in', 'nft:lan:input', 'nft:lan:in:x', 'nft:lan']) server.broker.publishText(topic, '')
    server.broker.publishText('nft:lan:in', 'last')
    expect((await call.messages(3)).map(event => event.topic)).toEqual(['nft:lan:in', 'nft:lan:in:x', 'nft:lan:in'])
  })

  it('replays as many events as were asked for, counting none that only begins like the prefix', async () => {
    const server = await open()
    for (const topic of ['device', 'device:a', 'devices:save', 'devices:save']) server.broker.publishText(topic, '')
    const line = JSON.stringify({ topic: 'subscribe:device:', replay: 2 })
    const call = (await rawGrpc(server.path)).call('SubscribeTopic', message('device:', ''), {
      'packet-logs-subscribe': line
    })
    expect((await call.messages(2)).map(({ topic }) => topic)).toEqual(['device', 'device:a'])
    expect(server.broker.readers()).toMatchObject([{ prefix: 'device:', delivered: 2, dropped: 0 }])
  })

  it('refuses what it cannot take, says why, and goes on', async () => {
    const server = await open()
    const grpc = await rawGrpc(server.path)
    const statusOf = (body: Buffer | undefined, method = 'Publish'): Promise<string> => grpc.call(method, body).status
    expect(await statusOf(frame(Buffer.from([0x0a, 1, 0x74, 0x12, 2, 0xff, 0xfe])))).toBe('3')
    // What gRPC's own list of status codes says of a message that cannot be read, and of a call without one.
    expect(await statusOf(frame(Buffer.from([0xff, 0xff])))).toBe('13')
    expect(await statusOf(Buffer.alloc(0))).toBe('12')
    expect(await statusOf(message('t', 'x'.repeat(1_000_000)))).toBe('8')
    // Fits as a message, not as a line with its quotes escaped.
    expect(await statusOf(message('t', '"'.repeat(200_000)))).toBe('8')
    expect(await statusOf(message('subscribe:x', ''))).toBe('3')
    expect(await statusOf(message('bus:x', ''))).toBe('3')
    expect(await statusOf(message('t', ''), 'Nothing')).toBe('12')
    const plain = grpc.call('Publish', message('t', ''), { 'content-type': 'application/json' })
    expect((await plain.started)[':status']).toBe(415)
    expect(await statusOf(message('t', ''))).toBe('0')
    expect(server.stats).toMatchObject({ received: 1 })
  })

  it('takes messages in any pieces, and unknown fields', async () => {
    const server = await open()
    const subscription = server.broker.subscribe('')
    const grpc = await rawGrpc(server.path)
    const { stream, status } = grpc.call('Publish')
    for (const byte of message('t', 'in pieces')) {
      stream.write(Buffer.from([byte]))
      await sleep(1)
    }
    stream.end()
    expect(await status).toBe('0')
    const unknown = frame(
      Buffer.from([0x1a, 1, 0x41, 0x20, 5, 0x0a, 1, 0x74, 0x2d, 1, 2, 3, 4, 0x31, 1, 2, 3, 4, 5, 6, 7, 8])
    )
    expect(await grpc.call('Publish', unknown).status).toBe('0')
    const iterator = subscription[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual({ topic: 't', value: 'in pieces' })
    expect((await iterator.next()).value).toEqual({ topic: 't', value: '' })
  })

  it('publishes calls in the order they came in', async () => {
    const server = await open()
    const subscription = server.broker.subscribe('')
    const grpc = await rawGrpc(server.path)
    const calls = Array.from({ length: 200 }, (_, index) => grpc.call('Publish', message('t', `${index}`)))
    await Promise.all(calls.map(call => call.status))
    const values: string[] = []
    for await (const { value } of subscription) if (values.push(value) === 200) break
    expect(values).toEqual(Array.from({ length: 200 }, (_, index) => `${index}`))
  })

  it('asks for what sprbus does not have in a header: wildcards, filters, replay, numbers', async () => {
    const broker = createBroker({ compileFilter: source => event => event.value.includes(source) })
    const server = await open({ broker })
    for (const topic of ['nft:lan:in', 'nft:lan:out', 'nft:wan:in']) broker.publishText(topic, 'old')
    const grpc = await rawGrpc(server.path)
    const line = { topic: 'subscribe:nft:', match: 'nft:*:in', filter: 'o', replay: 1, seq: true }
    const call = grpc.call('SubscribeTopic', message('nft:', ''), { 'packet-logs-subscribe': JSON.stringify(line) })
    await call.started
    for (const value of ['more', 'less']) broker.publishText('nft:a:in', value)
    expect((await call.messages(3)).map(({ topic, value, seq }) => [topic, value, seq])).toEqual([
      ['bus:hello', JSON.stringify({ epoch: broker.position.epoch, seq: 3 }), 0],
      ['nft:wan:in', 'old', 3],
      ['nft:a:in', 'more', 4]
    ])
    const bad = grpc.call('SubscribeTopic', message('', ''), {
      'packet-logs-subscribe': '{"topic":"subscribe:","replay":"x"}'
    })
    expect(await bad.status).toBe('3')
    // The reason names the prefix, which is half a character.
    const half = grpc.call('SubscribeTopic', message('', ''), {
      'packet-logs-subscribe': '{"topic":"subscribe:","match":"\\ud800:>:x"}'
    })
    expect(await half.status).toBe('3')
  })

  it('says that there are too many subscriptions, or that a filter is none', async () => {
    const server = await open({ maxReaders: 1, compileFilter: () => expect.fail('no such word') })
    const grpc = await rawGrpc(server.path)
    const header = { 'packet-logs-subscribe': '{"topic":"subscribe:","filter":"x"}' }
    expect(await grpc.call('SubscribeTopic', message('', ''), header).status).toBe('3')
    await grpc.call('Subscribe', message('', '')).started
    expect(await grpc.call('Subscribe', message('', '')).status).toBe('8')
    expect(await grpc.call('SubscribeTopic', message('t', '')).status).toBe('8')
  })

  it('ends a call that asked for it when its reader loses events', async () => {
    const broker = createBroker({ ringBytes: 256 * 1024, maxLineBytes: 64 * 1024 })
    const server = await open({ broker })
    const grpc = await rawGrpc(server.path)
    const header = { 'packet-logs-subscribe': '{"topic":"subscribe:t","policy":"disconnect"}' }
    const call = grpc.call('SubscribeTopic', message('t', ''), header)
    await call.started
    call.stream.pause()
    for (let index = 0; index < 2000; index += 1) {
      broker.publishText('t', 'x'.repeat(1000))
      if (index % 10 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    expect(server.stats).toMatchObject({ disconnected: 1, readers: 0 })
    call.stream.resume()
    expect(await call.status).toBe('8')
  })

  it('lets a slow reader lose its oldest events, counted, and holds up nobody', async () => {
    const broker = createBroker({ ringBytes: 2 * 1024 * 1024, maxLineBytes: 64 * 1024 })
    const server = await open({ broker })
    const slow = await rawGrpc(server.path)
    const slowCall = slow.call('SubscribeTopic', message('t', ''))
    slowCall.stream.pause()
    await slowCall.started
    const before = process.memoryUsage().arrayBuffers
    const value = 'x'.repeat(1000)
    for (let index = 0; index < 20_000; index += 1) {
      broker.publishText('t', value + String(index))
      if (index % 100 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    await vi.waitFor(() => expect(server.stats.dropped).toBeGreaterThan(10_000))
    slowCall.stream.resume()
    broker.publishText('t', 'the end')
    let got: { value: string }[] = []
    const atTheEnd = async (): Promise<void> => {
      got = await slowCall.messages(1)
      expect(got.at(-1)?.value).toBe('the end')
    }
    await vi.waitFor(atTheEnd, { timeout: 10_000, interval: 100 })
    expect(got.length + server.stats.dropped).toBe(20_001)
  })

  it('removes a reader that takes nothing for too long, and later its connection, on which all it left unread waits', async () => {
    const server = await open({ stallMs: 100 })
    const grpc = await rawGrpc(server.path)
    const stuck = grpc.call('SubscribeTopic', message('t', ''))
    stuck.stream.pause()
    await stuck.started
    for (let index = 0; index < 500; index += 1) server.broker.publishText('t', 'x'.repeat(1000))
    await vi.waitFor(() => expect(server.stats).toMatchObject({ stalled: 1, readers: 0 }))
    expect(await grpc.call('Publish', message('t', '')).status).toBe('0')
    await vi.waitFor(() => expect(server.stats).toMatchObject({ clients: 0, stalled: 1 }), 3000)
  })

  it('removes a client whose process stands still', async () => {
    const server = await open({ stallMs: 100 })
    const grpc = await rawGrpc(server.path, { initialWindowSize: 1024 * 1024 })
    const call = grpc.call('SubscribeTopic', message('t', ''))
    await call.started
    // As the kernel sees a stopped process: nobody reads the socket.
    grpc.session.destroy()
    await vi.waitFor(() => expect(server.stats).toMatchObject({ clients: 0, readers: 0 }))
  })

  it('ends calls with a status when it closes', async () => {
    const server = await open()
    const grpc = await rawGrpc(server.path)
    const call = grpc.call('SubscribeTopic', message('', ''))
    await call.started
    server.broker.publishText('t', 'last words')
    await server.close()
    expect(await call.status).toBe('14')
    expect((await call.messages(1).catch(() => [])).length).toBeLessThanOrEqual(1)
  })
})
