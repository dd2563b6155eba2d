/** Shortest average line a chunk has index entries for; with shorter lines it is full before its bytes are. */
const BYTES_PER_ENTRY = 64

/** A piece of the log: lines back to back, and where each ends. Memory is touched only as far as it is used. */
export class Chunk {
  readonly bytes: Buffer
  readonly #ends: Uint32Array
  readonly #topics: string[] = []
  #count = 0
  #used = 0
  /** The chunk written after this one. */
  next: Chunk | undefined
  /** Writes in flight that still read from `bytes`; while there are any, the memory must not be reused. */
  pins = 0

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes)
    this.#ends = new Uint32Array(Math.max(1, Math.ceil(capacityBytes / BYTES_PER_ENTRY)))
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

  append(line: Uint8Array, topic: string): void {
    this.bytes.set(line, this.#used)
    this.#used += line.length
    this.#ends[this.#count] = this.#used
    this.#topics[this.#count] = topic
    this.#count += 1
  }

  topicAt(index: number): string {
    return this.#topics[index] ?? ''
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0)
  }

  endOf(index: number): number {
    return this.#ends[index] ?? 0
  }

  /** Makes the chunk new again; nobody may be reading from it. */
  reset(): void {
    this.#count = 0
    this.#used = 0
    this.next = undefined
  }
}
