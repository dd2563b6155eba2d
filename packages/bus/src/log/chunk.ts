/** Shortest average line a chunk has index entries for; with shorter lines it is full before its bytes are. */
const BYTES_PER_ENTRY = 64

/** A piece of a ring: lines back to back, where each ends, and their numbers. Memory is touched only as far as it is used. */
export class Chunk {
  readonly bytes: Buffer
  readonly #ends: Uint32Array
  // Doubles: in a ring with little traffic, neighbours can be billions apart.
  readonly #seqs: Float64Array
  readonly #topics: string[] = []
  #count = 0
  #used = 0
  /** The chunk written after this one. */
  next: Chunk | undefined
  /** Writes in flight that still read from `bytes`; while there are any, the memory must not be reused. */
  pins = 0

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes)
    const entries = Math.max(1, Math.ceil(capacityBytes / BYTES_PER_ENTRY))
    this.#ends = new Uint32Array(entries)
    this.#seqs = new Float64Array(entries)
  }

  get capacityBytes(): number {
    return this.bytes.length
  }

  /** Lines in this chunk. */
  get count(): number {
    return this.#count
  }

  fits(lineBytes: number): boolean {
    return this.#used + lineBytes <= this.bytes.length && this.#count < this.#ends.length
  }

  append(line: Uint8Array, topic: string, seq: number): void {
    this.bytes.set(line, this.#used)
    this.#used += line.length
    this.#ends[this.#count] = this.#used
    this.#seqs[this.#count] = seq
    this.#topics[this.#count] = topic
    this.#count += 1
  }

  topicAt(index: number): string {
    return this.#topics[index] ?? ''
  }

  seqAt(index: number): number {
    return this.#seqs[index] ?? 0
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0)
  }

  endOf(index: number): number {
    return this.#ends[index] ?? 0
  }

  /** The first line with a greater number than that; `count` when there is none. */
  indexAfter(seq: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.seqAt(middle) > seq) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Makes the chunk new again; nobody may be reading from it. */
  reset(): void {
    this.#count = 0
    this.#used = 0
    this.next = undefined
  }
}
