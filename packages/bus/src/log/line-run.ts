import type { SharedEvent } from '../reader.js'
import type { Chunk } from './chunk.js'
import type { EventCache } from './event-cache.js'

const OPENING_BRACE = 0x7b

/** Most bytes that numbering a line adds: `"seq":9007199254740991,`. */
export const SEQ_BYTES = 23

const SEQ_KEY = Buffer.from('{"seq":')
const COMMA = 0x2c
const DIGIT_0 = 0x30

/** Writes `{"seq":N,`: by hand, because this is done for each line and reader. */
function writeSeq(target: Buffer, at: number, seq: number): number {
  let to = at
  for (let index = 0; index < SEQ_KEY.length; index += 1) target[to + index] = SEQ_KEY[index] ?? 0
  to += SEQ_KEY.length
  let digits = 1
  for (let bound = 10; seq >= bound; bound *= 10) digits += 1
  let rest = seq
  for (let place = to + digits - 1; place >= to; place -= 1) {
    const tenth = Math.floor(rest / 10)
    target[place] = DIGIT_0 + rest - tenth * 10
    rest = tenth
  }
  to += digits
  target[to] = COMMA
  return to + 1
}

/** Lines back to back in the log. The bytes are only good until the caller yields, unless the run is pinned. */
export class LineRun {
  readonly #chunk: Chunk
  readonly #first: number
  readonly #start: number
  readonly #cache: EventCache
  /** Bytes in this run. */
  readonly length: number
  /** Lines in this run. */
  readonly count: number

  constructor(chunk: Chunk, first: number, end: number, cache: EventCache) {
    this.#chunk = chunk
    this.#first = first
    this.#start = chunk.startOf(first)
    this.#cache = cache
    this.length = chunk.endOf(end - 1) - this.#start
    this.count = end - first
  }

  /** A view, not a copy. */
  get bytes(): Buffer {
    return this.#chunk.bytes.subarray(this.#start, this.#start + this.length)
  }

  copyTo(target: Buffer, at: number): number {
    return at + this.#chunk.bytes.copy(target, at, this.#start, this.#start + this.length)
  }

  /** Copies the lines with `"seq":N,` after their opening brace; returns the new end, at most {@link SEQ_BYTES} per line further. */
  copyNumberedTo(target: Buffer, at: number): number {
    const { bytes } = this.#chunk
    let to = at
    let from = this.#start
    for (let index = this.#first; index < this.#first + this.count; index += 1) {
      const end = this.#chunk.endOf(index)
      const seq = this.#chunk.seqAt(index)
      if (seq > 0) {
        // A publisher may have put blanks first.
        while (from < end && bytes[from] !== OPENING_BRACE) {
          target[to] = bytes[from] ?? 0
          to += 1
          from += 1
        }
        if (from < end) {
          to = writeSeq(target, to, seq)
          from += 1
        }
      }
      to += bytes.copy(target, to, from, end)
      from = end
    }
    return to
  }

  /** The events of these lines, unescaped once for all readers; lines that are no event are left out. */
  events(): readonly SharedEvent[] {
    return this.#cache.eventsOf(this.#chunk, this.#first, this.count)
  }

  /** Keeps the bytes as they are until {@link unpin}, even when the log moves on. */
  pin(): void {
    this.#chunk.pins += 1
  }

  unpin(): void {
    this.#chunk.pins -= 1
  }
}
