import type { BusError } from '../errors.js'
import { formatGap } from '../gap.js'
import type { Cursor } from '../log/cursor.js'
import { RingLog } from '../log/ring-log.js'
import { createTopicFilter, GAP_TOPIC } from '../topic-pattern.js'
import type { Connection, LineWriter } from './connection.js'
import type { LinkUser } from './link.js'
import type { BusStatusFeed } from './status.js'
import { WaitList } from './wait-list.js'

/** Rings of a client: what floods gives way to what trickles here, too. */
const MAX_RINGS = 8

/**
 * What a client publishes, on its way to the bus: a log of its own with one reader, the connection. While there is none, or
 * the bus is slow, the log holds what fits, and the oldest of the busiest goes first; readers on the bus are told.
 */
export class Outbox implements LinkUser {
  readonly use = { use: 'publish' } as const
  readonly #log: RingLog
  readonly #cursor: Cursor
  readonly #feed: BusStatusFeed
  readonly #roomBytes: number
  readonly #flushing = new WaitList()
  readonly #waitingForRoom = new WaitList()
  #writer: LineWriter | undefined
  #connection: Connection | undefined
  #interrupted = 0
  #reported = 0
  #over: { error: unknown } | undefined

  constructor(queueBytes: number, maxLineBytes: number, feed: BusStatusFeed) {
    this.#feed = feed
    this.#roomBytes = queueBytes / 2
    this.#log = new RingLog({ maxLineBytes, otherBytes: queueBytes, otherTotalBytes: queueBytes, maxRings: MAX_RINGS })
    // The bus's own readers learn of what is lost here, in order, as far as the bus passes it on.
    const formatNotice = ({ lost }: { lost: number | null }): Buffer =>
      formatGap({ from: null, to: null, lost, where: 'queue' })
    const everything = { ...createTopicFilter(['']), wants: () => true, mayWant: () => true }
    this.#cursor = this.#log.openCursor(
      { topics: everything, gaps: true, formatNotice },
      { onReadable: () => this.#writer?.pump() }
    )
  }

  /** Lines lost: pushed out of the queue, or under way when a connection broke. */
  get dropped(): number {
    return this.#cursor.dropped + this.#interrupted
  }

  /** Bytes that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#cursor.unreadBytes + (this.#connection?.queuedBytes ?? 0)
  }

  append(line: Uint8Array, topic: string): void {
    this.#log.append(line, topic)
    if (this.#cursor.dropped + this.#interrupted > this.#reported) this.#report()
  }

  onUp(connection: Connection): void {
    this.#connection = connection
    this.#writer = connection.openWriter(this.#cursor, {
      onProgress: () => this.#onProgress(),
      onRefused: reason => this.#feed.emit({ type: 'refused', reason })
    })
    this.#writer.pump()
    if (!this.#flushing.isEmpty) this.#flush()
  }

  onDown(): void {
    const interrupted = this.#writer?.inFlightLines ?? 0
    this.#writer?.close()
    this.#writer = undefined
    this.#connection = undefined
    if (interrupted > 0) {
      this.#interrupted += interrupted
      // Some of them may have arrived.
      const notice = formatGap({ from: null, to: null, lost: interrupted, where: 'queue', atMost: true })
      this.#log.append(notice, GAP_TOPIC)
    }
    if (this.dropped > this.#reported) this.#report()
  }

  onOver(error: unknown): void {
    this.#over = { error }
    this.#flushing.reject(error)
    this.#waitingForRoom.reject(error)
  }

  /** Nothing is sent any more: what is still here is lost. */
  end(error: BusError): void {
    this.#interrupted += this.#cursor.countUnread()
    this.#cursor.close()
    if (this.dropped > this.#reported) this.#report()
    this.onOver(error)
  }

  /** Resolves when the kernel has everything appended so far. Rejects when there will be no connection to give it to. */
  async flush(signal?: AbortSignal): Promise<void> {
    if (this.#over) throw this.#over.error
    const flushed = this.#flushing.wait(signal)
    this.#flush()
    await flushed
  }

  /** Resolves when at least half of the queue is free. */
  async waitForRoom(signal?: AbortSignal): Promise<void> {
    if (this.#over) throw this.#over.error
    if (this.#hasRoom()) return
    await this.#waitingForRoom.wait(signal)
  }

  #hasRoom(): boolean {
    return this.queuedBytes <= this.#roomBytes
  }

  #onProgress(): void {
    if (!this.#waitingForRoom.isEmpty && this.#hasRoom()) this.#waitingForRoom.resolve()
  }

  #flush(): void {
    const writer = this.#writer
    if (writer === undefined) return
    void writer.flush().then(() => {
      // A writer that lost its connection also settles; then the next one tries again.
      if (this.#writer === writer) this.#flushing.resolve()
    })
  }

  #report(): void {
    const count = this.dropped - this.#reported
    this.#reported = this.dropped
    this.#feed.emit({ type: 'dropped', count, ...this.use })
  }
}
