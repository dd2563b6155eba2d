import { BusError } from '../errors.js'
import type { TopicMatcher } from '../topic-prefix.js'
import { Chunk } from './chunk.js'
import { Cursor, type CursorLog } from './cursor.js'

/** How big a log may get. */
export interface RingLogOptions {
  /** Bytes of lines held; at least four times `maxLineBytes`. */
  ringBytes: number
  /** Longest line in bytes, newline included. */
  maxLineBytes: number
}

// Large enough that a write of a whole chunk is cheap per line, small enough that a reader that stalls in the middle of one
// keeps little alive.
const CHUNK_BYTES = 128 * 1024

/** Appended bytes after which waiting readers are woken at once instead of when the event loop comes round. */
const WAKE_BYTES = 64 * 1024

/**
 * A byte-bounded log of lines that holds each line once, whatever the number of readers. Appending never waits: when the log
 * is full its oldest chunk goes, and every reader that had not got through it counts what it lost.
 */
export class RingLog implements CursorLog {
  readonly #ringBytes: number
  readonly #maxLineBytes: number
  readonly #chunkBytes: number
  readonly #cursors = new Set<Cursor>()
  readonly #wakeSoon = (): void => this.#onWakeSoon()
  // Two sets that change places, because a woken cursor may wait again at once.
  #waiting = new Set<Cursor>()
  #woken = new Set<Cursor>()
  #oldest: Chunk
  #newest: Chunk
  #heldBytes: number
  #spare: Chunk | undefined
  #lastTopic = ''
  #lines = 0
  #bytes = 0
  #evictedLines = 0
  #unseenBytes = 0
  #wakeScheduled = false

  constructor({ ringBytes, maxLineBytes }: RingLogOptions) {
    this.#ringBytes = ringBytes
    this.#maxLineBytes = maxLineBytes
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.ceil(ringBytes / 8))
    this.#newest = new Chunk(this.#chunkBytes)
    this.#oldest = this.#newest
    this.#heldBytes = this.#chunkBytes
  }

  /** Lines ever appended. */
  get lines(): number {
    return this.#lines
  }

  /** Bytes ever appended. */
  get bytes(): number {
    return this.#bytes
  }

  /** Lines the log has let go of to make room. */
  get evictedLines(): number {
    return this.#evictedLines
  }

  /** Cursors open now. */
  get cursors(): number {
    return this.#cursors.size
  }

  /** @throws BusError `BUS_FRAME_TOO_LARGE` */
  append(line: Uint8Array, topic: string): void {
    const lineBytes = line.length
    if (lineBytes > this.#maxLineBytes) {
      const message = `A line of ${lineBytes} bytes on topic ${JSON.stringify(topic)} is over the bus's limit of ${this.#maxLineBytes}; shorten the value.`
      throw new BusError('BUS_FRAME_TOO_LARGE', message, { topic })
    }
    // Neighbours of one topic share one string: less to keep, and cursors compare by reference.
    if (topic !== this.#lastTopic) this.#lastTopic = topic
    if (!this.#newest.fits(lineBytes)) this.#addChunk(lineBytes)
    this.#newest.append(line, this.#lastTopic)
    this.#lines += 1
    this.#bytes += lineBytes
    if (this.#waiting.size > 0) this.#announce(lineBytes)
  }

  /** A cursor at the end of the log: it sees what is appended from now on. `onReadable` must not throw. */
  openCursor(matches: TopicMatcher, onReadable: () => void): Cursor {
    const cursor = new Cursor(this, this.#newest, matches, onReadable)
    this.#cursors.add(cursor)
    return cursor
  }

  /** @internal for cursors. */
  awaitMore(cursor: Cursor): void {
    if (this.#cursors.has(cursor)) this.#waiting.add(cursor)
  }

  /** @internal for cursors. */
  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor)
    this.#waiting.delete(cursor)
    this.#woken.delete(cursor)
  }

  // Readers are woken once per turn of the event loop, so that they handle many lines per write; but a publisher that keeps
  // the loop busy would starve them, so after enough bytes they are woken from here.
  #announce(lineBytes: number): void {
    this.#unseenBytes += lineBytes
    if (this.#unseenBytes >= WAKE_BYTES) {
      this.#wakeAll()
    } else if (!this.#wakeScheduled) {
      this.#wakeScheduled = true
      setImmediate(this.#wakeSoon)
    }
  }

  #onWakeSoon(): void {
    this.#wakeScheduled = false
    if (this.#unseenBytes > 0) this.#wakeAll()
  }

  #wakeAll(): void {
    this.#unseenBytes = 0
    const woken = this.#waiting
    this.#waiting = this.#woken
    this.#woken = woken
    for (const cursor of woken) cursor.wake()
    woken.clear()
  }

  #addChunk(lineBytes: number): void {
    const capacityBytes = Math.max(this.#chunkBytes, lineBytes)
    while (this.#heldBytes + capacityBytes > this.#ringBytes && this.#evictOldest());
    let chunk = capacityBytes === this.#chunkBytes ? this.#spare : undefined
    if (chunk === undefined) chunk = new Chunk(capacityBytes)
    else this.#spare = undefined
    this.#newest.next = chunk
    this.#newest = chunk
    this.#heldBytes += capacityBytes
  }

  #evictOldest(): boolean {
    const chunk = this.#oldest
    const next = chunk.next
    if (next === undefined) return false
    for (const cursor of this.#cursors) cursor.leave(chunk, next)
    this.#oldest = next
    this.#heldBytes -= chunk.capacityBytes
    this.#evictedLines += chunk.count
    // A chunk that a stalled write still reads from is left to it; the garbage collector takes it when the write is done.
    if (chunk.pins === 0 && chunk.capacityBytes === this.#chunkBytes) {
      chunk.reset()
      this.#spare = chunk
    }
    return true
  }
}
