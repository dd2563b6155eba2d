import { BusError } from './errors.js'
import type { Publisher, SubscribeOptions, Subscription } from './event.js'
import { compileEventFilter, type FilterCompiler } from './filter.js'
import { checkLoss, formatGap, type UpstreamLoss } from './gap.js'
import { subscribeInProcess } from './in-process-subscription.js'
import type { LineSubscription } from './line-subscription.js'
import type { Cursor } from './log/cursor.js'
import { RingLog, type RingLogOptions } from './log/ring-log.js'
import { checkTopic, formatLine, MAX_LINE_BYTES, stringifyValue } from './newline-json/line-format.js'
import type { BusPosition, Reader, ReaderListener, ReaderOptions } from './reader.js'
import { type BusStats, type ReaderStats, StatsTicker } from './stats.js'
import {
  CONTROL_TOKEN,
  checkPatterns,
  createTopicFilter,
  GAP_TOPIC,
  reducePrefixes,
  STATS_TOPIC
} from './topic-pattern.js'

/** How big a broker may get, and what it can do. */
export interface BrokerOptions {
  /**
   * Bytes of events held for readers that are behind, by the topic's first token, `'*'` for each other one; default 32 MiB for
   * `nft`, 8 MiB for `alert`, 16 MiB for each other. A number means every token. Each at least four times `maxLineBytes`.
   */
  ringBytes?: number | Readonly<Record<string, number>>
  /** Bytes of all rings together whose token `ringBytes` does not name, default 64 MiB: the fullest gives way. */
  otherRingsBytes?: number
  /** Rings of tokens that `ringBytes` does not name, default 32; further tokens share one. */
  maxRings?: number
  /** Longest line in bytes, newline included, default 256 KiB as in sprbus-json. */
  maxLineBytes?: number
  /** Compiles the filters of subscribers; without it a subscription with a filter is refused. */
  compileFilter?: FilterCompiler
}

/** What a broker has done so far. */
export interface BrokerStats {
  /** Events published. */
  readonly published: number
  /** Their lines' bytes. */
  readonly publishedBytes: number
  /** Bytes of memory set aside for events. */
  readonly heldBytes: number
  /** Events that left a ring to make room, read or not. */
  readonly evicted: number
  /** Events that readers lost because they were too slow, one per event and reader. */
  readonly dropped: number
  /** Readers now, in process and over sockets. */
  readonly readers: number
}

/** A bus inside the process. It does no I/O; `listenBus` puts it on a socket. */
export interface Broker extends Publisher {
  readonly stats: BrokerStats
  /** Longest line in bytes, newline included. */
  readonly maxLineBytes: number
  /** This bus's life and its last event. */
  readonly position: BusPosition
  /**
   * The events whose topic begins with the prefix, or one of them, from now on; `''` means every topic.
   * @throws TypeError, RangeError; BusError `BUS_REFUSED`, `BUS_CLOSED`; `signal.reason` when it is aborted already
   */
  subscribe(prefix: string | readonly string[], options?: SubscribeOptions): Subscription
  /**
   * The low-level form that transports are built on: a place in the log that hands out runs of lines in place.
   * @throws TypeError, RangeError; BusError `BUS_REFUSED`, `BUS_CLOSED`
   */
  openReader(options: ReaderOptions, listener: ReaderListener): Reader
  /** Every reader and how it is doing. */
  readers(): readonly ReaderStats[]
  /** Adds a section to what readers of `bus:stats` get, such as a server's own counters; undo by the function returned. */
  addStats(section: string, read: () => object): () => void
  /** Ends in-process subscriptions once they have read what is there. Safe to call twice. */
  close(): void
}

const DEFAULT_RING_BYTES: Readonly<Record<string, number>> = { nft: 32 << 20, alert: 8 << 20, '*': 16 << 20 }
const DEFAULT_OTHER_RINGS_BYTES = 64 << 20
const DEFAULT_MAX_RINGS = 32
const CONTROL_RING_BYTES = 1 << 20

/** Most events that can be asked to be replayed. */
const MAX_REPLAY = 1_000_000

/**
 * A new broker.
 * @throws RangeError naming the option that is out of range
 */
export function createBroker(options: BrokerOptions = {}): Broker {
  const { maxLineBytes = MAX_LINE_BYTES, compileFilter } = options
  return new RingBroker(logOptions(options, maxLineBytes), compileFilter)
}

function logOptions(options: BrokerOptions, maxLineBytes: number): RingLogOptions {
  const { ringBytes = {}, maxRings = DEFAULT_MAX_RINGS } = options
  const atLeast = (bytes: number): number => Math.max(bytes, 4 * maxLineBytes)
  const defaults = Object.fromEntries(
    Object.entries(DEFAULT_RING_BYTES).map(([token, bytes]) => [token, atLeast(bytes)])
  )
  const sizes: Record<string, number> =
    typeof ringBytes === 'number' ? { '*': ringBytes } : { ...defaults, ...ringBytes }
  for (const [token, bytes] of Object.entries(sizes)) {
    checkSizes(typeof ringBytes === 'number' ? 'ringBytes' : `ringBytes.${token}`, bytes, maxLineBytes)
  }
  const { '*': otherBytes = 0, ...named } = sizes
  const otherTotalBytes = options.otherRingsBytes ?? Math.max(DEFAULT_OTHER_RINGS_BYTES, otherBytes)
  checkSizes('otherRingsBytes', otherTotalBytes, maxLineBytes)
  if (!Number.isSafeInteger(maxRings) || maxRings < 0) {
    throw new RangeError(`maxRings: expected an integer of at least 0, got ${maxRings}`)
  }
  return {
    maxLineBytes,
    named: { ...named, [CONTROL_TOKEN]: atLeast(CONTROL_RING_BYTES) },
    otherBytes,
    otherTotalBytes,
    maxRings
  }
}

/** @throws RangeError naming the option that is out of range */
export function checkSizes(name: string, ringBytes: number, maxLineBytes: number): void {
  if (!Number.isSafeInteger(maxLineBytes) || maxLineBytes < 64) {
    throw new RangeError(`maxLineBytes: expected an integer of at least 64, got ${maxLineBytes}`)
  }
  if (!Number.isSafeInteger(ringBytes) || ringBytes < 4 * maxLineBytes) {
    throw new RangeError(
      `${name}: expected an integer of at least four times maxLineBytes (${maxLineBytes}), got ${ringBytes}`
    )
  }
}

/** The published line's bytes. @throws TypeError when it is not newline-terminated */
export function checkLine(line: Uint8Array): void {
  if (line[line.length - 1] !== 0x0a) throw new TypeError('line: expected bytes that end in a newline')
}

class RingBroker implements Broker {
  readonly maxLineBytes: number
  // After the time in microseconds: greater than any earlier one, so that a person can tell which was first.
  readonly #epoch = Date.now() * 1000 + Math.floor(Math.random() * 1000)
  readonly #log: RingLog
  readonly #compileFilter: FilterCompiler | undefined
  readonly #subscriptions = new Set<LineSubscription>()
  readonly #readers = new Map<Cursor, ReaderOptions>()
  readonly #ticker: StatsTicker
  #droppedByGone = 0
  #closed = false

  constructor(options: RingLogOptions, compileFilter: FilterCompiler | undefined) {
    this.maxLineBytes = options.maxLineBytes
    this.#log = new RingLog(options)
    this.#compileFilter = compileFilter
    this.#ticker = new StatsTicker(this.maxLineBytes, {
      stats: () => this.#busStats(),
      publish: line => this.#log.append(line, STATS_TOPIC)
    })
  }

  get stats(): BrokerStats {
    const { seq, bytes, heldBytes, evictedLines, cursors } = this.#log
    let dropped = this.#droppedByGone
    for (const cursor of this.#readers.keys()) dropped += cursor.dropped
    return { published: seq, publishedBytes: bytes, heldBytes, evicted: evictedLines, dropped, readers: cursors }
  }

  get position(): BusPosition {
    return { epoch: this.#epoch, seq: this.#log.seq }
  }

  publish(topic: string, value: unknown): void {
    this.publishText(topic, stringifyValue(value))
  }

  publishText(topic: string, text: string): void {
    checkTopic(topic)
    this.#checkOpen()
    this.#log.append(Buffer.from(formatLine(topic, text)), topic)
  }

  publishLine(line: Uint8Array, topic: string): void {
    checkLine(line)
    this.#checkOpen()
    this.#log.append(line, topic)
  }

  reportLoss(loss: UpstreamLoss): void {
    checkLoss(loss)
    this.#checkOpen()
    // The events never had numbers: their place is that of the notice.
    const seq = this.#log.seq + 1
    this.#log.append(formatGap({ from: seq, to: seq, ...loss }), GAP_TOPIC)
  }

  subscribe(prefix: string | readonly string[], options: SubscribeOptions = {}): Subscription {
    const { subscription } = subscribeInProcess(this, prefix, options, () => this.#subscriptions.delete(subscription))
    this.#subscriptions.add(subscription)
    return subscription
  }

  openReader(options: ReaderOptions, listener: ReaderListener): Reader {
    const { replay, since, gaps = false, policy = 'drop-oldest', withColon = false } = options
    this.#checkOpen()
    checkReplay(replay)
    checkSince(since)
    if (policy !== 'drop-oldest' && policy !== 'disconnect') {
      throw new TypeError(`policy: expected 'drop-oldest' or 'disconnect', got ${JSON.stringify(policy)}`)
    }
    const prefixes = reducePrefixes(options.prefix)
    const topics = createTopicFilter(prefixes, checkPatterns(options.match), gaps, withColon)
    const filter = compileEventFilter(options.filter, this.#compileFilter)
    const cursor = this.#log.openCursor({ topics, filter, gaps, policy, onClose: () => this.#forget(cursor) }, listener)
    this.#readers.set(cursor, options)
    if (since !== undefined && since.epoch === this.#epoch) cursor.resumeAfter(since.seq)
    else if (replay !== undefined) cursor.rewind(replay)
    else if (since !== undefined) cursor.restart()
    if (topics.wants(STATS_TOPIC)) this.#ticker.start(cursor)
    return cursor
  }

  readers(): readonly ReaderStats[] {
    return Array.from(this.#readers, ([cursor, { name, dialect, prefix, match, filter }]) => ({
      name,
      dialect,
      prefix,
      match,
      filter,
      delivered: cursor.delivered,
      dropped: cursor.dropped,
      lag: cursor.lag
    }))
  }

  addStats(section: string, read: () => object): () => void {
    return this.#ticker.addSection(section, read)
  }

  close(): void {
    this.#closed = true
    this.#ticker.close()
    for (const subscription of this.#subscriptions) subscription.end()
    this.#subscriptions.clear()
  }

  #forget(cursor: Cursor): void {
    this.#ticker.stop(cursor)
    if (this.#readers.delete(cursor)) this.#droppedByGone += cursor.dropped
  }

  #busStats(): BusStats {
    const { published, publishedBytes, heldBytes, evicted, dropped } = this.stats
    return {
      epoch: this.#epoch,
      published,
      publishedBytes,
      heldBytes,
      evicted,
      dropped,
      topics: this.#log.topicCounts(),
      readers: this.readers()
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new BusError('BUS_CLOSED', 'The broker is closed; publish and subscribe before closing it.')
  }
}

/** @throws RangeError */
export function checkReplay(replay: number | undefined): void {
  if (replay !== undefined && (!Number.isInteger(replay) || replay < 0 || replay > MAX_REPLAY)) {
    throw new RangeError(`replay: expected an integer from 0 to ${MAX_REPLAY}, got ${String(replay)}`)
  }
}

/** @throws TypeError */
export function checkSince(since: BusPosition | undefined): void {
  if (since === undefined) return
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
  if (typeof since !== 'object' || since === null || !isCount(since.epoch) || !isCount(since.seq)) {
    throw new TypeError('since: expected { epoch, seq }, as bus:hello gives them')
  }
}
