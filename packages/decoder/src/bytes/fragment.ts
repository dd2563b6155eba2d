const utf8 = new TextEncoder()

/**
 * A piece of JSON text, ready to be copied: once as it is, once as it stands inside a JSON string. Kept as words of
 * eight bytes, since a copy of whole words that overshoots by up to seven bytes is faster than one of bytes. Floats
 * carry them faithfully: no eight bytes of UTF-8 are a NaN, whose bits an engine may change.
 */
export class Fragment {
  readonly words: Float64Array
  readonly length: number
  readonly escapedWords: Float64Array
  readonly escapedLength: number

  /** @param text JSON text without control characters outside its escapes. */
  constructor(text: string) {
    const plain = utf8.encode(text)
    const escaped = utf8.encode(text.replace(/["\\]/g, '\\$&'))
    this.words = toWords(plain)
    this.length = plain.length
    this.escapedWords = toWords(escaped)
    this.escapedLength = escaped.length
  }
}

/** Bytes as little-endian words, the last one filled up with zeros. */
function toWords(bytes: Uint8Array): Float64Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  return Float64Array.from({ length: padded.length / 8 }, (_, index) => view.getFloat64(index * 8, true))
}
