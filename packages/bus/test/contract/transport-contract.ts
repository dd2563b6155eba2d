import { describe, expect, it } from 'vitest'
import {
  type Broker,
  type BrokerOptions,
  type BusError,
  type BusEvent,
  type BusStats,
  type ClientSubscribeOptions,
  type Gap,
  type Publisher,
  parseGap,
  type Subscription
} from '../../src/index.js'

/** A way to publish and to subscribe, and the broker behind it. */
export interface Transport {
  publisher: Publisher
  broker: Broker
  /** A subscription that the broker has seen. */
  subscribe: (prefix: string | readonly string[], options?: ClientSubscribeOptions) => Promise<Subscription>
}

/** What is different about some transports. */
export interface TransportTraits {
  /** Lines of the publisher arrive byte for byte; else only their topic and value do. */
  passesLines?: boolean
  /** Nothing stands between the publisher and the log: what is no event gets in. */
  isDirect?: boolean
  /** Publishing takes a call for each event, and so its time: bursts come from elsewhere. */
  publishesByCalls?: boolean
}

/** A filter language for tests: `value contains TEXT`. */
function compileFilter(source: string): (event: Readonly<BusEvent>) => boolean {
  const wanted = /^value contains (.+)$/.exec(source)?.[1]
  if (wanted === undefined) throw new SyntaxError(`cannot read ${JSON.stringify(source)}`)
  return ({ value }) => {
    if (value === 'a trap') throw new Error('fell into it')
    return value.includes(wanted)
  }
}

/** What holds for everyone who publishes and subscribes, in process or over a socket, in whatever dialect. */
export function describeTransport(
  name: string,
  openWith: (options: BrokerOptions) => Promise<Transport>,
  { passesLines = true, isDirect = false, publishesByCalls = false }: TransportTraits = {}
): void {
  const open = (options: BrokerOptions = {}): Promise<Transport> => openWith({ compileFilter, ...options })

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
      // Half a character has no place in UTF-8; as a line it is escaped.
      const expected = passesLines ? values : values.map(value => Buffer.from(value).toString())
      expect(got.map(event => event.value)).toEqual(expected)
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

    const passed = passesLines ? 'byte for byte, with blanks and keys it does not know' : 'by what it says'
    it(`passes a line on ${passed}`, async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const line = '{ "value" : "\\u0041\\/", "extra":[1, 2],\t"topic":"t" }\n'
      publisher.publishLine(Buffer.from(line), 't')
      if (!passesLines) {
        expect(await take(subscription, 1)).toEqual([{ topic: 't', value: 'A/' }])
        return
      }
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
      if (isDirect) publisher.publishLine(Buffer.from('{"topic":"t","value":1}\n'), 't')
      publisher.publishText('t', '2')
      expect((await take(subscription, 2)).map(event => event.value)).toEqual(['1', '2'])
      expect(subscription.malformed).toBe(isDirect ? 1 : 0)
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
      const { broker, publisher, subscribe } = await open()
      const subscription = await subscribe('')
      const source = publishesByCalls ? broker : publisher
      const value = 'x'.repeat(600)
      for (let index = 0; index < 20_000; index += 1) {
        source.publishText('burst', `${value}${index}`)
        // A publisher on the same loop lets it turn now and then, as one that reads from a socket does.
        if (index % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
      }
      const got = await take(subscription, 20_000)
      expect(got.every((event, index) => event.value === `${value}${index}`)).toBe(true)
      expect(subscription.dropped).toBe(0)
    })
  })

  describe(`${name}, beyond sprbus`, () => {
    it('matches token wildcards', async () => {
      const { publisher, subscribe } = await open()
      const one = await subscribe('', { match: 'nft:*:in' })
      const rest = await subscribe('nft:', { match: ['nft:drop:>', 'dns:>'] })
      for (const topic of ['nft:lan:in', 'nft:lan:input', 'nft:drop:in', 'nft:drop:a:b', 'dns:x', 'nft:drop']) {
        publisher.publishText(topic, '')
      }
      publisher.publishText('nft:end:in', '')
      publisher.publishText('nft:drop:end', '')
      expect((await take(one, 3)).map(event => event.topic)).toEqual(['nft:lan:in', 'nft:drop:in', 'nft:end:in'])
      expect((await take(rest, 3)).map(event => event.topic)).toEqual(['nft:drop:in', 'nft:drop:a:b', 'nft:drop:end'])
    })

    it('filters by value; a filter that throws over an event does not match', async () => {
      const { publisher, subscribe } = await open()
      const subscription = await subscribe('t', { filter: 'value contains tr' })
      for (const value of ['no', 'a trap', 'a tree', 'no', 'a truck']) publisher.publishText('t', value)
      expect((await take(subscription, 2)).map(event => event.value)).toEqual(['a tree', 'a truck'])
    })

    it('says what is wrong with a filter', async () => {
      const { subscribe } = await open()
      const failure = expect.objectContaining({
        code: 'BUS_REFUSED',
        message: expect.stringMatching(/cannot read "nonsense"/) as string
      }) as unknown
      await expect(firstOf(subscribe('t', { filter: 'nonsense' }))).rejects.toEqual(failure)
      const { subscribe: subscribeWithout } = await openWith({})
      await expect(firstOf(subscribeWithout('t', { filter: 'value contains x' }))).rejects.toMatchObject({
        code: 'BUS_REFUSED',
        message: expect.stringMatching(/no filter language/) as string
      })
    })

    it('replays the last events a subscription wants, and goes on from there', async () => {
      const { broker, publisher, subscribe } = await open()
      for (let index = 0; index < 100; index += 1) {
        broker.publishText('t', String(index))
        broker.publishText('other', String(index))
      }
      const subscription = await subscribe('t', { replay: 3 })
      const filtered = await subscribe('t', { replay: 2, filter: 'value contains 5' })
      const none = await subscribe('t', { replay: 0 })
      publisher.publishText('t', '15')
      expect((await take(subscription, 4)).map(event => event.value)).toEqual(['97', '98', '99', '15'])
      expect((await take(filtered, 3)).map(event => event.value)).toEqual(['85', '95', '15'])
      expect((await take(none, 1))[0]?.value).toBe('15')
    })

    it('replays as many events as were asked for, however many notices of loss lie between them', async () => {
      const { broker, subscribe } = await open()
      for (const value of ['1', '2', '3']) broker.publishText('t', value)
      for (let index = 0; index < 5; index += 1) broker.reportLoss({ where: 'kernel', lost: 1 })
      expect((await take(await subscribe('t', { replay: 2 }), 2)).map(event => event.value)).toEqual(['2', '3'])
      const withGaps = await take(await subscribe('t', { replay: 1, gaps: true }), 3)
      expect(withGaps.map(event => event.topic)).toEqual(['t', 'bus:gap', 'bus:gap'])
    })

    it('numbers events, and resumes after a number', async () => {
      const { broker, publisher, subscribe } = await open()
      const subscription = await subscribe('t', { seq: true })
      for (const value of ['1', '2', '3', '4']) publisher.publishText('t', value)
      publisher.publishLine(Buffer.from('{"topic":"t","value":"5","seq":99}\n'), 't')
      const events = await take(subscription, 5)
      expect(events.map(event => event.seq)).toEqual([1, 2, 3, 4, 5])
      expect(broker.position.seq).toBe(5)
      const { epoch } = broker.position
      const later = await subscribe('t', { since: { epoch, seq: 3 } })
      expect((await take(later, 2)).map(event => event.value)).toEqual(['4', '5'])
    })

    it('numbers lines, too, and changes nothing else about them', async () => {
      const { publisher, subscribe } = await open()
      const numbered = await subscribe('t', { seq: true })
      const plain = await subscribe('t')
      publisher.publishText('t', 'x')
      const next = async (subscription: Subscription): Promise<string> => {
        for await (const { bytes } of subscription.lines()) return Buffer.from(bytes).toString()
        return ''
      }
      expect(await next(numbered)).toBe('{"seq":1,"topic":"t","value":"x"}\n')
      expect(await next(plain)).toBe('{"topic":"t","value":"x"}\n')
    })

    it('begins with all it holds for one who knows another life of the bus, and says that something is missing', async () => {
      const { broker, subscribe } = await open()
      for (const value of ['1', '2']) broker.publishText('t', value)
      const subscription = await subscribe('t', { since: { epoch: 1, seq: 77 }, gaps: true })
      const [gap, ...events] = await take(subscription, 3)
      expect(gap?.topic).toBe('bus:gap')
      expect(parseGap(gap?.value ?? '')).toEqual({ from: null, to: 0, lost: null, where: 'reader' })
      expect(events.map(event => event.value)).toEqual(['1', '2'])
    })

    it('tells every reader of gaps what was lost before the bus, once and in order, whatever its prefix', async () => {
      const { publisher, subscribe } = await open()
      const told = await subscribe(['nft:', 'dns:'], { gaps: true })
      const untold = await subscribe('')
      publisher.publishText('nft:x', '1')
      publisher.reportLoss({ where: 'kernel', lost: 42, group: 1 })
      publisher.reportLoss({ where: 'queue', lost: null })
      publisher.publishText('nft:x', '2')
      const events = await take(told, 4)
      const gaps = events.flatMap(event => (event.topic === 'bus:gap' ? [parseGap(event.value)] : []))
      expect(gaps).toMatchObject([
        { where: 'kernel', lost: 42, group: 1 },
        { where: 'queue', lost: null }
      ] satisfies Partial<Gap>[])
      expect(events.filter(event => event.topic === 'nft:x').map(event => event.value)).toEqual(['1', '2'])
      expect((await take(untold, 2)).map(event => event.topic)).toEqual(['nft:x', 'nft:x'])
      expect(() => publisher.reportLoss({ where: 'kernel', lost: 0 })).toThrow(/^lost: /)
      expect(() => publisher.reportLoss({ where: 'reader' as 'kernel', lost: 1 })).toThrow(/^where: /)
    })

    it('publishes statistics while somebody reads them, with the name of every reader that has one', async () => {
      const { broker, publisher, subscribe } = await open()
      await subscribe('t', { name: 'exporter' })
      publisher.publishText('t', 'x')
      const subscription = await subscribe('bus:stats')
      const [event] = await take(subscription, 1)
      expect(event?.topic).toBe('bus:stats')
      const stats = JSON.parse(event?.value ?? '') as BusStats
      expect(stats.epoch).toBe(broker.position.epoch)
      expect(stats.topics.find(({ topic }) => topic === 't')?.events ?? 0).toBeLessThanOrEqual(1)
      expect(stats.readers.map(reader => reader.name)).toContain('exporter')
      expect(stats.readers.find(reader => reader.name === 'exporter')).toMatchObject({ prefix: 't', dropped: 0 })
      await subscription.close()
      await eventually(() => broker.stats.readers === 1)
      const { published } = broker.stats
      await new Promise(resolve => setTimeout(resolve, 1100))
      expect(broker.stats.published).toBe(published)
    })

    it('keeps the topics of the bus to the bus', async () => {
      const { publisher } = await open()
      for (const topic of ['bus:gap', 'bus:stats', 'bus:hello', 'bus:x']) {
        expect(() => publisher.publishText(topic, '')).toThrow(/^topic: .* is the bus's own/)
      }
    })

    it('refuses wishes that make no sense', async () => {
      const { subscribe } = await open()
      await expect(subscribe('t', { replay: -1 })).rejects.toThrow(/^replay: /)
      await expect(subscribe('t', { match: 'a:>:b' })).rejects.toThrow(/^match: /)
      await expect(subscribe('t', { since: { epoch: 1, seq: -1 } })).rejects.toThrow(/^since: /)
    })
  })
}

/** The first event of a subscription, or what is wrong with it. */
async function firstOf(opening: Promise<Subscription>): Promise<BusEvent | undefined> {
  for await (const event of await opening) return event
  return undefined
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
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
