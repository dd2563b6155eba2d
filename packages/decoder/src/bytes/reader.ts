const NOTHING = new Uint8Array(0)

/**
 * The only place that indexes the bytes of a packet. A read outside gives 0 and never throws, so that a decoder's
 * mistake is a wrong value in one event and not a crash; decoders still check lengths, since 0 is not an answer.
 */
export class ByteReader {
  #data: Uint8Array

  constructor(data: Uint8Array = NOTHING) {
    this.#data = data
  }

  /** Reads `data` from now on. */
  reset(data: Uint8Array): void {
    this.#data = data
  }

  get length(): number {
    return this.#data.length
  }

  u8(at: number): number {
    return this.#data[at] ?? 0
  }

  u16(at: number): number {
    const data = this.#data
    return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0)
  }

  u24(at: number): number {
    const data = this.#data
    return ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)
  }

  u32(at: number): number {
    const data = this.#data
    return (
      (((data[at] ?? 0) << 24) | ((data[at + 1] ?? 0) << 16) | ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0)) >>> 0
    )
  }

  /** A view, not a copy, clamped to the bytes that are there. */
  view(start: number, end: number): Uint8Array {
    const length = this.#data.length
    const from = Math.min(Math.max(start, 0), length)
    return this.#data.subarray(from, Math.min(Math.max(end, from), length))
  }
}
