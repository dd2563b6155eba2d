import { ByteReader } from '../../bytes/reader.js'

/** Characters Go's encoding/json writes as an escape of their own (since Go 1.22 also \b and \f). */
const SHORT_ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t']
])

/** Everything that may need an escape, code point by code point: a half surrogate is one of its own. */
const CANDIDATES = /["\\<>&]|[^ -~]/gu
const REPLACEMENT = '\\ufffd'

/** A string as Go's encoding/json writes it, quotes included: HTML characters escaped, half surrogates replaced. */
export function quoteGo(text: string): string {
  return `"${text.replace(CANDIDATES, escapeOne)}"`
}

/** The same, where U+FFFD stands for bytes that were not UTF-8: Go escapes those and only those. */
export function quoteGoReplaced(text: string): string {
  return quoteGo(text).replaceAll('\ufffd', REPLACEMENT)
}

/** A Go string of arbitrary bytes: each byte that is not part of valid UTF-8 becomes `\ufffd`. */
export function quoteGoBytes(bytes: Uint8Array): string {
  const reader = new ByteReader()
  reader.reset(bytes)
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(reader, at)
    text += size === 0 ? REPLACEMENT : quoteGo(utf8.decode(reader.view(at, at + size))).slice(1, -1)
    at += size === 0 ? 1 : size
  }
  return `"${text}"`
}

function escapeOne(character: string): string {
  const short = SHORT_ESCAPES.get(character)
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xd800 && code <= 0xdfff) return REPLACEMENT
  const asIs = code > 0x7e && code !== 0x2028 && code !== 0x2029
  return asIs ? character : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 when there is none (RFC 3629 section 4). */
function sequenceLength(bytes: ByteReader, at: number): number {
  const first = bytes.u8(at)
  if (first < 0x80) return 1
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes.u8(at + 1)
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  for (let index = 2; index < length; index++) {
    if ((bytes.u8(at + index) & 0xc0) !== 0x80) return 0
  }
  return length
}
