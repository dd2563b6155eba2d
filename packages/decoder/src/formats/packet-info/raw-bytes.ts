import type { JsonWriter } from '../../bytes/json-writer.js'
import type { ByteReader } from '../../bytes/reader.js'

/** Length of the base64 text of `count` bytes. */
function base64Length(count: number): number {
  return count <= 0 ? 0 : Math.ceil(count / 3) * 4
}

/**
 * Writes the fields that repeat bytes of the packet (`Contents` and `Payload`), cut at one place in the packet, and
 * remembers which were cut: that is what decides how much of the packet fits a line.
 */
export class RawBytes {
  /** Offset in the packet behind the last byte that is written. */
  cut: number = Number.POSITIVE_INFINITY
  /** How many fields were cut, and which. */
  #count = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  begin(cut: number): void {
    this.cut = cut
    this.#count = 0
  }

  write(out: JsonWriter, bytes: ByteReader, start: number, end: number): void {
    if (end <= this.cut) {
      out.base64(bytes, start, end)
      return
    }
    this.#starts[this.#count] = start
    this.#ends[this.#count++] = end
    out.base64(bytes, start, Math.max(start, this.cut))
  }

  /** Bytes of text that the fields written grow by when the cut moves to `cut`. */
  growth(cut: number): number {
    let growth = 0
    for (let index = 0; index < this.#count; index++) {
      const start = this.#starts[index] ?? 0
      const end = this.#ends[index] ?? 0
      growth += base64Length(Math.min(end, cut) - start) - base64Length(Math.min(end, this.cut) - start)
    }
    return growth
  }
}
