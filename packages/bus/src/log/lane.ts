import type { Chunk } from './chunk.js'
import type { Ring } from './ring.js'

/** What a reader lost of a ring, in a row. */
export interface LostLines {
  from: number
  to: number
  lost: number
  /** `lost` is an upper bound. */
  atMost: boolean
}

/** What a lane needs of its reader. */
export interface LaneOwner {
  wants(topic: string): boolean
  /** Something was appended. */
  wake(): void
  onLost(lane: Lane, count: number, from: number, to: number): void
}

/** A reader's place in one ring. */
export class Lane {
  readonly ring: Ring
  readonly #owner: LaneOwner
  chunk: Chunk
  index: number
  /** Lost since the reader was last told. */
  gap: LostLines | undefined
  /** Number of a line that was found wanted already. */
  wantedSeq = 0

  constructor(ring: Ring, owner: LaneOwner) {
    this.ring = ring
    this.#owner = owner
    this.chunk = ring.newest
    this.index = ring.newest.count
    ring.lanes.add(this)
  }

  get owner(): LaneOwner {
    return this.#owner
  }

  /** Number of the next line, wanted or not; 0 when all was read. */
  get nextSeq(): number {
    for (;;) {
      if (this.index < this.chunk.count) return this.chunk.seqAt(this.index)
      if (this.chunk.next === undefined) return 0
      this.chunk = this.chunk.next
      this.index = 0
    }
  }

  moveTo(chunk: Chunk, index: number): void {
    this.chunk = chunk
    this.index = index
  }

  /** To the first line after that number that is still held. */
  moveAfter(seq: number): void {
    let chunk = this.ring.oldest
    while (chunk.next !== undefined && chunk.seqAt(chunk.count - 1) <= seq) chunk = chunk.next
    this.moveTo(chunk, chunk.indexAfter(seq))
  }

  /** `chunk` is about to go. */
  leave(chunk: Chunk, next: Chunk): void {
    if (this.chunk !== chunk) return
    let lost = 0
    let from = 0
    let to = 0
    for (let { index } = this; index < chunk.count; index += 1) {
      if (!this.#owner.wants(chunk.topicAt(index))) continue
      lost += 1
      to = chunk.seqAt(index)
      if (from === 0) from = to
    }
    this.moveTo(next, 0)
    if (lost > 0) this.#owner.onLost(this, lost, from, to)
  }
}
