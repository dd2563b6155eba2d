import { Chunk } from './chunk.js'
import type { Lane } from './lane.js'

// Large enough that a write of a whole chunk is cheap per line, small enough that a reader that stalls in the middle of one
// keeps little alive.
const CHUNK_BYTES = 128 * 1024

/** What a ring of that size takes memory in; its first piece at once. */
export function chunkBytesOf(maxBytes: number): number {
  return Math.min(CHUNK_BYTES, Math.ceil(maxBytes / 8))
}

/** One unused chunk, so that a log in its stride allocates nothing. */
export class SpareChunk {
  #spare: Chunk | undefined

  take(capacityBytes: number): Chunk {
    const spare = this.#spare
    if (spare?.capacityBytes !== capacityBytes) return new Chunk(capacityBytes)
    this.#spare = undefined
    return spare
  }

  give(chunk: Chunk): void {
    chunk.reset()
    this.#spare = chunk
  }
}

/** The lines of the topics that share a first token, byte-bounded: what floods one ring pushes nothing out of another. */
export class Ring {
  readonly maxBytes: number
  /** Readers' places in this ring. */
  readonly lanes: Set<Lane> = new Set()
  readonly #chunkBytes: number
  readonly #spare: SpareChunk
  oldest: Chunk
  newest: Chunk
  heldBytes: number
  lines = 0
  evictedLines = 0
  /** Number of the newest line that was let go of. */
  evictedSeq = 0
  /** Something was appended since readers were last woken. */
  isDirty = false

  constructor(maxBytes: number, spare: SpareChunk) {
    this.maxBytes = maxBytes
    this.#spare = spare
    this.#chunkBytes = chunkBytesOf(maxBytes)
    this.newest = spare.take(this.#chunkBytes)
    this.oldest = this.newest
    this.heldBytes = this.#chunkBytes
  }

  /** Bytes that the next chunk must have for a line that does not fit in this one. */
  capacityFor(lineBytes: number): number {
    return Math.max(this.#chunkBytes, lineBytes)
  }

  addChunk(capacityBytes: number): void {
    const chunk = this.#spare.take(capacityBytes)
    this.newest.next = chunk
    this.newest = chunk
    this.heldBytes += capacityBytes
  }

  /** Lets go of the oldest chunk; false when there is only the one that is written to. */
  evictOldest(): boolean {
    const chunk = this.oldest
    const { next } = chunk
    if (next === undefined) return false
    for (const lane of this.lanes) lane.leave(chunk, next)
    this.oldest = next
    this.heldBytes -= chunk.capacityBytes
    this.evictedLines += chunk.count
    if (chunk.count > 0) this.evictedSeq = chunk.seqAt(chunk.count - 1)
    // A chunk that a stalled write still reads from is left to it; the garbage collector takes it when the write is done.
    if (chunk.pins === 0 && chunk.capacityBytes === this.#chunkBytes) this.#spare.give(chunk)
    return true
  }
}
