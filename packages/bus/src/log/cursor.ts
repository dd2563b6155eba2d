import type { TopicMatcher } from '../topic-prefix.js'
import type { Chunk } from './chunk.js'

/** Lines back to back in the log. The bytes are only good until the caller yields, unless the run is pinned. */
export class LineRun {
  readonly #chunk: Chunk
  readonly #start: number
  /** Bytes in this run. */
  readonly length: number
  /** Lines in this run. */
  readonly count: number

  constructor(chunk: Chunk, start: number, end: number, count: number) {
    this.#chunk = chunk
    this.#start = start
    this.length = end - start
    this.count = count
  }

  /** A view, not a copy. */
  get bytes(): Buffer {
    return this.#chunk.bytes.subarray(this.#start, this.#start + this.length)
  }

  copyTo(target: Buffer, at: number): void {
    this.#chunk.bytes.copy(target, at, this.#start, this.#start + this.length)
  }

  /** Keeps the bytes as they are until {@link unpin}, even when the log moves on. */
  pin(): void {
    this.#chunk.pins += 1
  }

  unpin(): void {
    this.#chunk.pins -= 1
  }
}

/** What a cursor needs of its log. */
export interface CursorLog {
  /** Tells that the cursor has read everything and wants to be woken. */
  awaitMore(cursor: Cursor): void
  remove(cursor: Cursor): void
}

/**
 * A reader's place in the log: all that a reader costs. When the log drops lines the reader had not got to, the wanted ones
 * among them are counted.
 */
export class Cursor {
  readonly #log: CursorLog
  readonly #matches: TopicMatcher
  readonly #onReadable: () => void
  #chunk: Chunk
  #index: number
  #dropped = 0
  // Most neighbours share a topic, and the log keeps equal neighbours as one string.
  #lastTopic: string | undefined
  #lastMatch = false

  constructor(log: CursorLog, at: Chunk, matches: TopicMatcher, onReadable: () => void) {
    this.#log = log
    this.#chunk = at
    this.#index = at.count
    this.#matches = matches
    this.#onReadable = onReadable
  }

  /** Wanted lines that the log dropped before they were read. */
  get dropped(): number {
    return this.#dropped
  }

  /** The next wanted lines that stand back to back: at least one, then as many as fit in `maxBytes`; `undefined` at the end. */
  read(maxBytes: number): LineRun | undefined {
    return this.#skipToWanted() ? this.#take(maxBytes) : undefined
  }

  /** Like {@link read}, but `undefined` also when not even one line fits. */
  readWithin(maxBytes: number): LineRun | undefined {
    if (!this.#skipToWanted()) return undefined
    const lineBytes = this.#chunk.endOf(this.#index) - this.#chunk.startOf(this.#index)
    return lineBytes <= maxBytes ? this.#take(maxBytes) : undefined
  }

  /** Calls back once when there is more; to be called after a read gave nothing. */
  wait(): void {
    this.#log.awaitMore(this)
  }

  close(): void {
    this.#log.remove(this)
  }

  /** @internal for the log: something was appended. */
  wake(): void {
    this.#onReadable()
  }

  /** @internal for the log: `chunk` is about to go. */
  leave(chunk: Chunk, next: Chunk): void {
    if (this.#chunk !== chunk) return
    for (let index = this.#index; index < chunk.count; index += 1) {
      if (this.#wants(chunk.topicAt(index))) this.#dropped += 1
    }
    this.#chunk = next
    this.#index = 0
  }

  #skipToWanted(): boolean {
    for (;;) {
      const chunk = this.#chunk
      const count = chunk.count
      let index = this.#index
      while (index < count && !this.#wants(chunk.topicAt(index))) index += 1
      this.#index = index
      if (index < count) return true
      if (chunk.next === undefined) return false
      this.#chunk = chunk.next
      this.#index = 0
    }
  }

  #take(maxBytes: number): LineRun {
    const chunk = this.#chunk
    const first = this.#index
    const start = chunk.startOf(first)
    let index = first + 1
    while (index < chunk.count && chunk.endOf(index) - start <= maxBytes && this.#wants(chunk.topicAt(index)))
      index += 1
    this.#index = index
    return new LineRun(chunk, start, chunk.endOf(index - 1), index - first)
  }

  #wants(topic: string): boolean {
    if (topic === this.#lastTopic) return this.#lastMatch
    this.#lastTopic = topic
    this.#lastMatch = this.#matches(topic)
    return this.#lastMatch
  }
}
