import { isMappedIpv4 } from '../text/ip-address.js'
import { Fragment } from './fragment.js'
import type { ByteReader } from './reader.js'

const ZERO = 0x30
const COLON = 0x3a
const DOT = 0x2e
const QUOTE = 0x22
const BACKSLASH = 0x5c
const EQUALS = 0x3d
const MINUS = 0x2d
const MAX_INT32 = 0x7fff_ffff

const BASE64 = new Uint8Array(64)
for (const [index, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  BASE64[index] = character.charCodeAt(0)
}
/** Two base64 characters for each value of 12 bits. */
const BASE64_PAIRS = Uint16Array.from(
  { length: 4096 },
  (_, bits) => (BASE64[bits >> 6] ?? 0) | ((BASE64[bits & 63] ?? 0) << 8)
)
const HEX = '0123456789abcdef'
/** Two hexadecimal digits for each byte. */
const HEX_PAIRS = Uint16Array.from(
  { length: 256 },
  (_, byte) => HEX.charCodeAt(byte >> 4) | (HEX.charCodeAt(byte & 15) << 8)
)
/** Two decimal digits for each number below 100. */
const DIGIT_PAIRS = Uint16Array.from(
  { length: 100 },
  (_, number) => (ZERO + Math.floor(number / 10)) | ((ZERO + (number % 10)) << 8)
)
/** Each byte in decimal, first digit lowest. */
const OCTETS = Int32Array.from({ length: 256 }, (_, byte) =>
  [...String(byte)].reduce((word, digit, index) => word | (digit.charCodeAt(0) << (index * 8)), 0)
)

/** 1 for each character that stands for itself in a string: printable ASCII but `"`, `&`, `<`, `>` and the backslash. */
const PLAIN = Uint8Array.from({ length: 127 }, (_, code) =>
  code < 32 || '"&<>\\'.includes(String.fromCharCode(code)) ? 0 : 1
)

const NULL = new Fragment('null')
const TRUE = new Fragment('true')
const FALSE = new Fragment('false')

/**
 * Writes JSON into a buffer that the caller knows to be large enough, as it is or as it stands inside a JSON string.
 * Words are written whole: up to eight bytes behind {@link at} may change.
 */
export class JsonWriter {
  /** Where the next byte goes. */
  at = 0
  /** Whether quotes and backslashes get a backslash in front. */
  escaped = false
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)

  /** Writes to `bytes` from now on. */
  into(bytes: Uint8Array): void {
    if (bytes === this.#bytes) return
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  fragment(fragment: Fragment): void {
    const isEscaped = this.escaped
    const words = isEscaped ? fragment.escapedWords : fragment.words
    const length = isEscaped ? fragment.escapedLength : fragment.length
    const view = this.#view
    const { at } = this
    // Most are one or two words.
    view.setFloat64(at, words[0] ?? 0, true)
    if (length > 8) {
      view.setFloat64(at + 8, words[1] ?? 0, true)
      for (let index = 2; index < words.length; index++) view.setFloat64(at + index * 8, words[index] ?? 0, true)
    }
    this.at = at + length
  }

  byte(byte: number): void {
    this.#bytes[this.at++] = byte
  }

  /** Replaces a byte written before. */
  patch(at: number, byte: number): void {
    this.#bytes[at] = byte
  }

  quote(): void {
    if (this.escaped) this.#bytes[this.at++] = BACKSLASH
    this.#bytes[this.at++] = QUOTE
  }

  null(): void {
    this.fragment(NULL)
  }

  boolean(value: boolean): void {
    this.fragment(value ? TRUE : FALSE)
  }

  /** A whole number from 0 to 2^53. */
  uint(value: number): void {
    if (value > MAX_INT32) {
      const head = Math.floor(value / 10_000)
      this.uint(head)
      this.#fourDigits(value - head * 10_000)
      return
    }
    // Whole numbers from here on: an engine that has met one above divides floats otherwise.
    const number = value | 0
    if (number < 10_000) {
      this.#upToFourDigits(number)
      return
    }
    const head = (number / 10_000) | 0
    if (head < 10_000) {
      this.#upToFourDigits(head)
    } else {
      const first = (head / 10_000) | 0
      this.#upToFourDigits(first)
      this.#fourDigits(head - first * 10_000)
    }
    this.#fourDigits(number - head * 10_000)
  }

  #upToFourDigits(number: number): void {
    if (number < 10) {
      this.#bytes[this.at++] = ZERO + number
    } else if (number < 100) {
      this.#view.setUint16(this.at, DIGIT_PAIRS[number] ?? 0, true)
      this.at += 2
    } else if (number < 1000) {
      const head = (number / 100) | 0
      this.#view.setInt32(this.at, (ZERO + head) | ((DIGIT_PAIRS[number - head * 100] ?? 0) << 8), true)
      this.at += 3
    } else {
      this.#fourDigits(number)
    }
  }

  /** A whole number of any sign, within 2^53. */
  int(value: number): void {
    if (value < 0) this.#bytes[this.at++] = MINUS
    this.uint(Math.abs(value))
  }

  /** A string that needs no escape, quotes included; writes nothing and returns false for any other. */
  plainText(text: string): boolean {
    const start = this.at
    this.quote()
    const bytes = this.#bytes
    let { at } = this
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if ((PLAIN[code] ?? 0) === 0) {
        this.at = start
        return false
      }
      bytes[at++] = code
    }
    this.at = at
    this.quote()
    return true
  }

  #fourDigits(value: number): void {
    const number = value | 0
    const head = (number / 100) | 0
    this.#view.setInt32(this.at, (DIGIT_PAIRS[head] ?? 0) | ((DIGIT_PAIRS[number - head * 100] ?? 0) << 16), true)
    this.at += 4
  }

  /** Six digits of a fraction, trailing zeros cut. */
  fraction(microseconds: number): void {
    let at = this.at
    const head = (microseconds / 10_000) | 0
    const view = this.#view
    view.setUint16(at, DIGIT_PAIRS[head] ?? 0, true)
    this.at = at + 2
    this.#fourDigits(microseconds - head * 10_000)
    at = this.at
    while (this.#bytes[at - 1] === ZERO) at--
    this.at = at
  }

  /** A string of base64, padded. */
  base64(source: ByteReader, start: number, end: number): void {
    this.quote()
    this.base64Digits(source, start, end)
    this.quote()
  }

  /** The same without quotes. */
  base64Digits(source: ByteReader, start: number, end: number): void {
    const view = this.#view
    let at = this.at
    let from = start
    for (const whole = end - 2; from < whole; from += 3, at += 4) {
      const bits = source.u24(from)
      view.setInt32(at, (BASE64_PAIRS[bits >> 12] ?? 0) | ((BASE64_PAIRS[bits & 0xfff] ?? 0) << 16), true)
    }
    const left = end - from
    if (left > 0) {
      const bits = left === 1 ? source.u8(from) << 4 : source.u16(from) << 2
      if (left === 1) {
        view.setUint16(at, BASE64_PAIRS[bits] ?? 0, true)
        this.#bytes[at + 2] = EQUALS
      } else {
        view.setUint16(at, BASE64_PAIRS[bits >> 6] ?? 0, true)
        this.#bytes[at + 2] = BASE64[bits & 63] ?? 0
      }
      this.#bytes[at + 3] = EQUALS
      at += 4
    }
    this.at = at
  }

  /** A string of lower-case hexadecimal digits. */
  hex(source: ByteReader, start: number, end: number): void {
    this.quote()
    const view = this.#view
    let { at } = this
    for (let from = start; from < end; from++, at += 2) view.setUint16(at, HEX_PAIRS[source.u8(from)] ?? 0, true)
    this.at = at
    this.quote()
  }

  /** Dotted decimal, without quotes. */
  ipv4(source: ByteReader, start: number): void {
    const view = this.#view
    let at = this.at
    for (let index = 0; index < 4; index++) {
      if (index > 0) this.#bytes[at++] = DOT
      const octet = source.u8(start + index)
      view.setInt32(at, OCTETS[octet] ?? 0, true)
      at += octet < 10 ? 1 : octet < 100 ? 2 : 3
    }
    this.at = at
  }

  /** RFC 5952, without quotes. */
  ipv6(source: ByteReader, start: number): void {
    const mapped = isMappedIpv4(source, start)
    const groups = mapped ? 6 : 8
    let bestStart = -1
    let bestLength = 1
    for (let group = 0, run = 0; group < groups; group++) {
      run = source.u16(start + group * 2) === 0 ? run + 1 : 0
      if (run > bestLength) {
        bestLength = run
        bestStart = group - run + 1
      }
    }
    const bytes = this.#bytes
    for (let group = 0; group < groups; group++) {
      if (group === bestStart) {
        bytes[this.at++] = COLON
        bytes[this.at++] = COLON
        group += bestLength - 1
        continue
      }
      if (group > 0 && bytes[this.at - 1] !== COLON) bytes[this.at++] = COLON
      this.#hexGroup(source.u16(start + group * 2))
    }
    if (mapped) {
      bytes[this.at++] = COLON
      this.ipv4(source, start + 12)
    }
  }

  #hexGroup(value: number): void {
    for (let shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
      this.#bytes[this.at++] = HEX.charCodeAt((value >> shift) & 15)
    }
  }

  /** Bytes as `aa:bb:cc:dd:ee:ff`, without quotes. */
  mac(source: ByteReader, start: number, length = 6): void {
    const view = this.#view
    let at = this.at
    for (let index = 0; index < length; index++, at += 3) {
      view.setInt32(at, (HEX_PAIRS[source.u8(start + index)] ?? 0) | (COLON << 16), true)
    }
    this.at = Math.max(this.at, at - 1)
  }
}
