import { Fragment } from '../bytes/fragment.js'
import type { JsonWriter } from '../bytes/json-writer.js'
import { ByteReader } from '../bytes/reader.js'
import { quoteGo } from './packet-info/go-json.js'
import type { RawBytes } from './packet-info/raw-bytes.js'

const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
/** Room behind every value: the longest number, quotes, brackets, and the seven bytes a word may overshoot by. */
const SPARE_BYTES = 48
/** A control character inside text within text: `\\u0001`. */
const TEXT_BYTES_PER_CHARACTER = 7

/**
 * Writes the fields of a layer. Every value is checked against the room there is: what does not fit is left out, and
 * {@link overflowed} tells the caller to come again with more. `undefined` leaves a field out. Offsets are the layer's
 * own: of the bytes it was read from.
 */
export class FieldWriter {
  /** Whether something was left out for want of room. */
  overflowed = false
  /** Whether lists that only repeat the packet are to be left out, since the line is too long with them. */
  isBrief = false
  /** Whether to write what an application asks for or says, beyond whom it talks to. */
  showsContent = true
  readonly #out: JsonWriter
  readonly #raw: RawBytes
  /** Where each open object or list starts. */
  readonly #open: number[] = []
  #bytes = new ByteReader()
  #limit = 0

  constructor(out: JsonWriter, raw: RawBytes) {
    this.#out = out
    this.#raw = raw
  }

  /** Writes no further than `limit` from now on. */
  begin(limit: number, isBrief: boolean): void {
    this.#limit = limit
    this.isBrief = isBrief
    this.overflowed = false
    while (this.#open.length > 0) this.#open.pop()
  }

  /** Whose bytes offsets mean from now on. */
  readFrom(bytes: ByteReader): void {
    this.#bytes = bytes
  }

  /** A whole number from 0 to 2^53. */
  uint(key: Fragment, value: number | undefined): void {
    if (value === undefined || !this.#key(key, 0)) return
    this.#out.uint(value)
  }

  /** A number of any sign. */
  int(key: Fragment, value: number | undefined): void {
    if (value === undefined || !this.#key(key, 0)) return
    this.#out.int(value)
  }

  boolean(key: Fragment, value: boolean | undefined): void {
    if (value === undefined || !this.#key(key, 0)) return
    this.#out.boolean(value)
  }

  null(key: Fragment): void {
    if (this.#key(key, 0)) this.#out.null()
  }

  /** Any text, escaped as Go does. */
  text(key: Fragment, value: string | undefined): void {
    if (value === undefined || !this.#key(key, value.length * TEXT_BYTES_PER_CHARACTER)) return
    if (!this.#out.plainText(value)) this.#out.fragment(new Fragment(quoteGo(value)))
  }

  /** Bytes in base64, whatever the payload policy: for decoded fields. */
  base64(key: Fragment, start: number, end: number): void {
    if (this.#key(key, (end - start) * 2)) this.#out.base64(this.#bytes, start, Math.max(start, end))
  }

  /** Bytes that repeat the packet (`Contents`, `Payload`), in base64, cut as the payload policy asks. */
  raw(key: Fragment, start: number, end: number): void {
    if (this.#key(key, (end - start) * 2)) this.#raw.write(this.#out, this.#bytes, start, end)
  }

  /** Bytes as lower-case hexadecimal digits. */
  hex(key: Fragment, start: number, end: number): void {
    if (this.#key(key, (end - start) * 2)) this.#out.hex(this.#bytes, start, end)
  }

  /** The IPv4 address of four bytes at `at`. */
  ipv4(key: Fragment, at: number): void {
    if (!this.#key(key, 0)) return
    this.#out.quote()
    this.#out.ipv4(this.#bytes, at)
    this.#out.quote()
  }

  /** The IPv6 address of 16 bytes at `at`. */
  ipv6(key: Fragment, at: number): void {
    if (!this.#key(key, 0)) return
    this.#out.quote()
    this.#out.ipv6(this.#bytes, at)
    this.#out.quote()
  }

  /** Six bytes at `at` as `aa:bb:cc:dd:ee:ff`. */
  mac(key: Fragment, at: number): void {
    if (!this.#key(key, 0)) return
    this.#out.quote()
    this.#out.mac(this.#bytes, at)
    this.#out.quote()
  }

  /** Opens an object; its fields follow, then {@link endObject}. In a list the key is `ITEM`. */
  beginObject(key: Fragment): void {
    this.#begin(key)
  }

  endObject(): void {
    this.#end(OPEN, CLOSE)
  }

  /** Opens a list; its items follow with `ITEM` as their key, then {@link endList}. */
  beginList(key: Fragment): void {
    this.#begin(key)
  }

  endList(): void {
    this.#end(OPEN_LIST, CLOSE_LIST)
  }

  #begin(key: Fragment): void {
    // Opened without room, it is left out as a whole: so is all that follows.
    this.#open.push(this.#key(key, 0) ? this.#out.at : -1)
  }

  #end(open: number, close: number): void {
    const start = this.#open.pop() ?? -1
    if (start < 0) return
    const out = this.#out
    // Every field and item starts with a comma; the first one's opens the object or the list instead.
    if (out.at === start) out.byte(open)
    else out.patch(start, open)
    out.byte(close)
  }

  /** Writes the key if there is room for it and `bytes` more; once there is none, nothing is written. */
  #key(key: Fragment, bytes: number): boolean {
    const out = this.#out
    if (this.overflowed || out.at + key.escapedLength + bytes + SPARE_BYTES > this.#limit) {
      this.overflowed = true
      return false
    }
    out.fragment(key)
    return true
  }
}
