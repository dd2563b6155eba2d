const utf8 = new TextEncoder()

/**
 * A piece of JSON text, ready to be copied: once as it is, once as it stands inside a JSON string. Kept as words of
 * four bytes, since a copy of whole words that overshoots by up to three bytes is faster than one of bytes.
 */
export class Fragment {
  readonly words: Int32Array
  readonly length: number
  readonly escapedWords: Int32Array
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
function toWords(bytes: Uint8Array): Int32Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  return Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(index * 4, true))
}
