import { ByteReader } from '../src/bytes/reader.js'

/** A reader that counts its reads, and notes those outside of the bytes it was given. */
export class GuardedReader extends ByteReader {
  reads = 0
  outside: number[] = []
  readonly #length: number

  constructor(bytes: Uint8Array) {
    super(bytes)
    this.#length = bytes.length
  }

  override u8(at: number): number {
    this.#note(at, 1)
    return super.u8(at)
  }

  override u16(at: number): number {
    this.#note(at, 2)
    return super.u16(at)
  }

  override u24(at: number): number {
    this.#note(at, 3)
    return super.u24(at)
  }

  override u32(at: number): number {
    this.#note(at, 4)
    return super.u32(at)
  }

  override view(start: number, end: number): Uint8Array {
    this.#note(start, Math.max(end - start, 0))
    return super.view(start, end)
  }

  #note(at: number, count: number): void {
    this.reads += count
    if (at < 0 || at + count > this.#length) this.outside.push(at)
  }
}
