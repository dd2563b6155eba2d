import { BusError } from './errors.js'
import type { Publisher, SubscribeOptions, Subscription } from './event.js'
import { type LineSource, LineSubscription, type TakenLines } from './line-subscription.js'
import type { Cursor } from './log/cursor.js'
import { RingLog } from './log/ring-log.js'
import { checkTopic, formatLine, MAX_LINE_BYTES, stringifyValue } from './newline-json/line-format.js'
import { createTopicMatcher, reducePrefixes } from './topic-prefix.js'

/** How big a broker may get. */
export interface BrokerOptions {
  /** Bytes of events held for readers that are behind, default 32 MiB; at least four times `maxLineBytes`. Used only when there is traffic. */
  ringBytes?: number
  /** Longest line in bytes, newline included, default 256 KiB as in sprbus-json. */
  maxLineBytes?: number
}

/** What a broker has done so far. */
export interface BrokerStats {
  /** Events published. */
  readonly published: number
  /** Their lines' bytes. */
  readonly publishedBytes: number
  /** Events that left the ring to make room, read or not. */
  readonly evicted: number
  /** Readers now, in process and over sockets. */
  readonly readers: number
}

/** A bus inside the process. It does no I/O; `listenBus` puts it on a socket. */
export interface Broker extends Publisher {
  readonly stats: BrokerStats
  /** Longest line in bytes, newline included. */
  readonly maxLineBytes: number
  /**
   * The events whose topic begins with the prefix, or one of them, from now on; `''` means every topic.
   * @throws TypeError, BusError `BUS_CLOSED`, `signal.reason` when it is aborted already
   */
  subscribe(prefix: string | readonly string[], options?: SubscribeOptions): Subscription
  /**
   * The low-level form that transports are built on: a cursor that hands out runs of lines in place. `onReadable` is called
   * from inside a publish or soon after it, once per `wait()`, and must not throw.
   * @throws TypeError, BusError `BUS_CLOSED`
   */
  openCursor(prefix: string | readonly string[], onReadable: () => void): Cursor
  /** Ends in-process subscriptions once they have read what is there. Safe to call twice. */
  close(): void
}

const DEFAULT_RING_BYTES = 32 * 1024 * 1024

/** How many bytes an in-process reader parses at a time. */
const READ_BYTES = 64 * 1024

/**
 * A new broker.
 * @throws RangeError naming the option that is out of range
 */
export function createBroker(options: BrokerOptions = {}): Broker {
  const { ringBytes = DEFAULT_RING_BYTES, maxLineBytes = MAX_LINE_BYTES } = options
  checkSizes('ringBytes', ringBytes, maxLineBytes)
  return new RingBroker(ringBytes, maxLineBytes)
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
  readonly #log: RingLog
  readonly #subscriptions = new Set<LineSubscription>()
  #closed = false

  constructor(ringBytes: number, maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes
    this.#log = new RingLog({ ringBytes, maxLineBytes })
  }

  get stats(): BrokerStats {
    const { lines, bytes, evictedLines, cursors } = this.#log
    return { published: lines, publishedBytes: bytes, evicted: evictedLines, readers: cursors }
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

  subscribe(prefix: string | readonly string[], options: SubscribeOptions = {}): Subscription {
    options.signal?.throwIfAborted()
    const cursor = this.openCursor(prefix, () => subscription.wake())
    const source = new CursorSource(cursor, () => this.#subscriptions.delete(subscription))
    const subscription = new LineSubscription(source, options)
    this.#subscriptions.add(subscription)
    return subscription
  }

  openCursor(prefix: string | readonly string[], onReadable: () => void): Cursor {
    this.#checkOpen()
    return this.#log.openCursor(createTopicMatcher(reducePrefixes(prefix)), onReadable)
  }

  close(): void {
    this.#closed = true
    for (const subscription of this.#subscriptions) subscription.end()
    this.#subscriptions.clear()
  }

  #checkOpen(): void {
    if (this.#closed) throw new BusError('BUS_CLOSED', 'The broker is closed; publish and subscribe before closing it.')
  }
}

/** The broker's log as a subscription reads it, without a copy. */
class CursorSource implements LineSource {
  readonly ready: Promise<void> = Promise.resolve()
  readonly skipped: number = 0
  readonly #cursor: Cursor
  readonly #onClose: () => void

  constructor(cursor: Cursor, onClose: () => void) {
    this.#cursor = cursor
    this.#onClose = onClose
  }

  get dropped(): number {
    return this.#cursor.dropped
  }

  take(): TakenLines | undefined {
    const run = this.#cursor.read(READ_BYTES)
    if (run) return { bytes: run.bytes, count: run.count, borrowed: true }
    this.#cursor.wait()
    return undefined
  }

  async close(): Promise<void> {
    this.#cursor.close()
    this.#onClose()
  }
}
