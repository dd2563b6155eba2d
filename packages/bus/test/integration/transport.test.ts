import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type BusError,
  type BusEvent,
  connectBus,
  createBroker,
  listenBus,
  type Publisher,
  type Subscription
} from '../../src/index.js'
import { temporarySocketPath } from './temporary-path.js'

interface Transport {
  publisher: Publisher
  subscribe: (prefix: string | readonly string[], options?: { signal?: AbortSignal }) => Promise<Subscription>
}

/** What holds for everyone who publishes and subscribes, in process or over a socket. */
function describeTransport(name: string, open: () => Promise<Transport>): void {
  describe(`${name}, as a transport`, () => {
    it('delivers the events of a prefix, each once, in order', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('nft:lan:')
      publisher.publish('nft:lan:in', { a: 1 })
      publisher.publishText('nft:wan:in', 'not wanted')
      publisher.publishText('nft:lan:out', 'plain text')
      publisher.publishLine(Buffer.from('{"topic":"nft:lan:x","value":"a line"}\n'), 'nft:lan:x')
      expect(await take(subscription, 3)).toEqual([
        { topic: 'nft:lan:in', value: '{"a":1}' },
        { topic: 'nft:lan:out', value: 'plain text' },
        { topic: 'nft:lan:x', value: 'a line' }
      ])
    })

    it('matches plain text prefixes, and everything with the empty one', async () => {
      const { publisher, subscribe } = await open()
      const some = await subscribe('nft:lan:in')
      const all = await subscribe('')
      for (const topic of ['nft:lan:in', 'nft:lan:input', 'nft:lan', 'x']) publisher.publishText(topic, '')
      expect((await take(some, 2)).map(event => event.topic)).toEqual(['nft:lan:in', 'nft:lan:input'])
      expect((await take(all, 4)).map(event => event.topic)).toEqual(['nft:lan:in', 'nft:lan:input', 'nft:lan', 'x'])
    })

    it('delivers an event once to a reader of several prefixes, even of ones that overlap', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe(['nft:', 'dns:', 'nft:lan'])
      publisher.publishText('nft:lan', '1')
      publisher.publishText('wifi:', '2')
      publisher.publishText('dns:', '3')
      const got = await take(subscription, 2)
      expect(got.map(event => event.value).sort()).toEqual(['1', '3'])
      publisher.publishText('nft:end', 'end')
      expect((await take(subscription, 1)).map(event => event.value)).toEqual(['end'])
    })

    it('carries any text: newlines, quotes, controls, lone surrogates, other scripts, and 200 KB of it', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('t')
      const values = ['', '\n\r\n', '"\\', '\u0000\u001f', 'ж😀漢', '\ud800', '😀'.repeat(50_000)]
      for (const value of values) publisher.publishText('t"ж', value)
      const got = await take(subscription, values.length)
      expect(got.map(event => event.value)).toEqual(values)
      expect(new Set(got.map(event => event.topic))).toEqual(new Set(['t"ж']))
    })

    it('copies a published line before it returns', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const line = Buffer.from('{"topic":"t","value":"kept"}\n')
      publisher.publishLine(line, 't')
      line.fill(0)
      expect(await take(subscription, 1)).toEqual([{ topic: 't', value: 'kept' }])
    })

    it('passes a line on byte for byte, with blanks and keys it does not know', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const line = '{ "value" : "\\u0041\\/", "extra":[1, 2],\t"topic":"t" }\n'
      publisher.publishLine(Buffer.from(line), 't')
      for await (const { bytes, count } of subscription.lines()) {
        expect(Buffer.from(bytes).toString()).toBe(line)
        expect(count).toBe(1)
        break
      }
    })

    it('hands out batches, and shares its position between the ways of reading', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      for (let index = 0; index < 100; index += 1) publisher.publishText('t', String(index))
      const iterator = subscription[Symbol.asyncIterator]()
      expect((await iterator.next()).value).toEqual({ topic: 't', value: '0' })
      const rest: BusEvent[] = []
      for await (const batch of subscription.batches()) {
        rest.push(...batch)
        if (rest.length === 99) break
      }
      expect(rest.map(event => event.value)).toEqual(Array.from({ length: 99 }, (_, index) => String(index + 1)))
    })

    it('answers reads that wait together in the order they were asked', async () => {
      const { publisher, subscribe } = await open()
      const iterator = (await subscribe(''))[Symbol.asyncIterator]()
      const reads = [iterator.next(), iterator.next(), iterator.next()]
      for (const value of ['1', '2', '3']) publisher.publishText('t', value)
      expect((await Promise.all(reads)).map(result => (result.value as BusEvent).value)).toEqual(['1', '2', '3'])
    })

    it('leaves out and counts lines that are no event', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      publisher.publishText('t', '1')
      if (name === 'the broker') publisher.publishLine(Buffer.from('{"topic":"t","value":1}\n'), 't')
      publisher.publishText('t', '2')
      expect((await take(subscription, 2)).map(event => event.value)).toEqual(['1', '2'])
      expect(subscription.malformed).toBe(name === 'the broker' ? 1 : 0)
    })

    it('ends when it is closed, whoever is waiting', async () => {
      const { subscribe } = await open()
      const subscription = await subscribe('')
      const waiting = subscription[Symbol.asyncIterator]().next()
      await subscription.close()
      await subscription.close()
      expect(await waiting).toEqual({ done: true, value: undefined })
      expect(await readAll(subscription)).toEqual([])
    })

    it('closes when a loop is left, and when its block is', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      publisher.publishText('t', '1')
      publisher.publishText('t', '2')
      for await (const _event of subscription) break
      expect(await readAll(subscription)).toEqual([])
      const other = await subscribe('')
      await other[Symbol.asyncDispose]()
      expect(await readAll(other)).toEqual([])
    })

    it('gives whoever reads the reason of an abort', async () => {
      const { publisher, subscribe } = await open()
      const abort = new AbortController()
      const subscription = await subscribe('', { signal: abort.signal })
      publisher.publishText('t', 'unread')
      const reason = new Error('enough')
      const iterator = subscription[Symbol.asyncIterator]()
      await iterator.next()
      const waiting = iterator.next()
      abort.abort(reason)
      await expect(waiting).rejects.toBe(reason)
      await expect(iterator.next()).rejects.toBe(reason)
      await expect(subscribe('', { signal: abort.signal })).rejects.toBe(reason)
    })

    it('says which argument is wrong', async () => {
      const { publisher, subscribe } = await open()
      expect(() => publisher.publishText('subscribe:nft', '')).toThrow(/^topic: /)
      expect(() => publisher.publish('t', undefined)).toThrow(/^value: /)
      expect(() => publisher.publish('t', () => 1)).toThrow(/^value: /)
      expect(() => publisher.publishLine(Buffer.from('{"topic":"t","value":""}'), 't')).toThrow(/^line: /)
      expect(() => publisher.publishLine(new Uint8Array(), 't')).toThrow(/^line: /)
      await expect(subscribe([])).rejects.toThrow(/^prefix: /)
      await expect(subscribe(7 as unknown as string)).rejects.toThrow(TypeError)
    })

    it('refuses a line longer than any bus takes, and goes on', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const longest = 256 * 1024 - '{"topic":"t","value":""}\n'.length
      expect(() => publisher.publishText('t', 'x'.repeat(longest + 1))).toThrow(
        expect.objectContaining({ code: 'BUS_FRAME_TOO_LARGE', topic: 't' } satisfies Partial<BusError>)
      )
      publisher.publishText('t', 'x'.repeat(longest))
      expect((await take(subscription, 1))[0]?.value).toHaveLength(longest)
    })

    it('takes a burst of 20,000 events whole', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const value = 'x'.repeat(600)
      for (let index = 0; index < 20_000; index += 1) {
        publisher.publishText('burst', `${value}${index}`)
        // A publisher on the same loop lets it turn now and then, as one that reads from a socket does.
        if (index % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
      }
      const got = await take(subscription, 20_000)
      expect(got.every((event, index) => event.value === `${value}${index}`)).toBe(true)
      expect(subscription.dropped).toBe(0)
    })
  })
}

/** Reads that many events without closing the subscription. */
async function take(subscription: Subscription, count: number): Promise<BusEvent[]> {
  const iterator = subscription[Symbol.asyncIterator]()
  const events: BusEvent[] = []
  while (events.length < count) {
    const result = await iterator.next()
    if (result.done) throw new Error(`ended after ${events.length} of ${count} events`)
    events.push(result.value)
  }
  return events
}

/** Reads until the subscription ends. */
async function readAll(subscription: Subscription): Promise<BusEvent[]> {
  const events: BusEvent[] = []
  for await (const event of subscription) events.push(event)
  return events
}

describeTransport('the broker', async () => {
  const broker = createBroker()
  return { publisher: broker, subscribe: async (prefix, options) => broker.subscribe(prefix, options) }
})

describeTransport('the client', async () => {
  const server = await listenBus({ path: temporarySocketPath() })
  const client = await connectBus({ path: server.path })
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  return {
    publisher: client,
    subscribe: async (prefix, options) => {
      const { accepted } = server.stats
      const subscription = client.subscribe(prefix, options)
      await subscription.ready
      // The protocol has no acknowledgement, so the server is asked: all its clients but the publishing one read.
      while (server.stats.accepted === accepted || server.stats.readers < server.stats.clients - 1) await sleep(1)
      return subscription
    }
  }
})
