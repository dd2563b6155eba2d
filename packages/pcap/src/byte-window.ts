/**
 * The bytes of a stream that have arrived and are not yet read. Positions are relative to the first unread byte; what is
 * handed out is a copy. It grows with what arrives, never with what a length field claims.
 */
export class ByteWindow {
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(this.#bytes.buffer)
  #start = 0
  #end = 0
  /** Bytes still to come that are passed over on arrival. */
  #owed = 0
  #offset = 0

  /** Unread bytes at hand. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Position of the first unread byte in the stream. */
  get offset(): number {
    return this.#offset
  }

  append(chunk: Uint8Array): void {
    const passed = Math.min(this.#owed, chunk.length)
    this.#owed -= passed
    this.#offset += passed
    const added = chunk.length - passed
    if (added === 0) return
    if (this.#end + added > this.#bytes.length) this.#makeRoom(added)
    this.#bytes.set(passed === 0 ? chunk : chunk.subarray(passed), this.#end)
    this.#end += added
  }

  /** Passes over `count` bytes, those that have not arrived yet included. */
  skip(count: number): void {
    const passed = Math.min(count, this.length)
    this.#start += passed
    this.#offset += passed
    this.#owed += count - passed
    if (this.#start === this.#end) this.#start = this.#end = 0
  }

  uint16(at: number, littleEndian: boolean): number {
    return this.#view.getUint16(this.#start + at, littleEndian)
  }

  uint32(at: number, littleEndian: boolean): number {
    return this.#view.getUint32(this.#start + at, littleEndian)
  }

  uint8(at: number): number {
    return this.#view.getUint8(this.#start + at)
  }

  int64(at: number, littleEndian: boolean): bigint {
    return this.#view.getBigInt64(this.#start + at, littleEndian)
  }

  copy(at: number, length: number): Uint8Array {
    return this.#bytes.slice(this.#start + at, this.#start + at + length)
  }

  #makeRoom(added: number): void {
    const unread = this.length
    // Moving costs the unread bytes and frees the read ones: only worth it when that is a gain, or a stream of single
    // bytes would move everything for each of them.
    if (unread + added <= this.#bytes.length && this.#start >= unread) {
      this.#bytes.copyWithin(0, this.#start, this.#end)
    } else {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, unread + added))
      larger.set(this.#bytes.subarray(this.#start, this.#end))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    this.#start = 0
    this.#end = unread
  }
}
