import { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { malformed } from '../../errors.js'

const NAME = 'TLS'
const RANDOM_BYTES = 32

/** One extension of a hello: its type and where its data lies. */
export interface HelloExtension {
  readonly type: number
  readonly start: number
  readonly end: number
}

const utf8 = new TextDecoder()

/**
 * What both hellos have in common. A hello is whole, or it is cut because the rest of it is in other packets: then
 * everything in front of the cut is there, and no error.
 */
export abstract class HelloMessage {
  /** Whether all of the message was there. */
  isWhole = false
  protected bytes: ByteReader = new ByteReader()
  #start = 0
  #end = 0
  #declaredEnd = 0
  #extensionsStart = 0
  /** Behind the last extension that is whole. */
  #extensionsEnd = 0
  #error: DecodeError | undefined

  /** Reads the body of the message at `[start, end)`. */
  read(bytes: ByteReader, start: number, end: number, declaredEnd: number): DecodeError | undefined {
    this.bytes = bytes
    this.#start = start
    this.#declaredEnd = declaredEnd
    this.#end = Math.min(end, declaredEnd)
    this.#extensionsStart = 0
    this.#extensionsEnd = 0
    this.#error = undefined
    this.isWhole = this.#readBody()
    return this.#error
  }

  /** Reads what stands between the session id and the extensions; returns where that ends, or -1. */
  protected abstract readAfterSessionId(at: number): number

  /** The version field of the message itself; TLS 1.3 leaves it at 0x0303. Undefined where the message is cut before. */
  get legacyVersion(): number | undefined {
    return this.#end - this.#start < 2 ? undefined : this.bytes.u16(this.#start)
  }

  /** Extensions in the order of the message, GREASE included. */
  get extensions(): readonly HelloExtension[] {
    const extensions: HelloExtension[] = []
    for (let at = this.#extensionsStart; at < this.#extensionsEnd; ) {
      const end = at + 4 + this.bytes.u16(at + 2)
      extensions.push({ type: this.bytes.u16(at), start: at + 4, end })
      at = end
    }
    return extensions
  }

  /** Whether `size` bytes are there at `at`; the message is malformed if they are missing from all of it. */
  protected has(at: number, size: number, what: string): boolean {
    if (at + size <= this.#end) return true
    if (at + size > this.#declaredEnd)
      this.#error ??= malformed(NAME, Math.min(at, this.#end), `${what} leaves the message`)
    return false
  }

  /** Where the list ends whose length stands at `at` in `lengthBytes` bytes; -1 when it is not whole. */
  protected sizedEnd(at: number, lengthBytes: 1 | 2, what: string): number {
    if (!this.has(at, lengthBytes, what)) return -1
    const size = lengthBytes === 1 ? this.bytes.u8(at) : this.bytes.u16(at)
    return this.has(at + lengthBytes, size, what) ? at + lengthBytes + size : -1
  }

  protected find(type: number): HelloExtension | undefined {
    for (let at = this.#extensionsStart; at < this.#extensionsEnd; ) {
      const end = at + 4 + this.bytes.u16(at + 2)
      if (this.bytes.u16(at) === type) return { type, start: at + 4, end }
      at = end
    }
    return undefined
  }

  protected numbers(start: number, end: number): number[] {
    const numbers: number[] = []
    for (let at = start; at + 2 <= end; at += 2) numbers.push(this.bytes.u16(at))
    return numbers
  }

  protected text(start: number, end: number): string {
    return utf8.decode(this.bytes.view(start, end))
  }

  #readBody(): boolean {
    const sessionIdAt = this.#start + 2 + RANDOM_BYTES
    if (!this.has(this.#start, 2 + RANDOM_BYTES, 'version and random')) return false
    const sessionIdEnd = this.sizedEnd(sessionIdAt, 1, 'the session id')
    if (sessionIdEnd < 0) return false
    const at = this.readAfterSessionId(sessionIdEnd)
    if (at < 0) return false
    if (at === this.#declaredEnd) return true
    if (!this.has(at, 2, 'the length of the extensions')) return false
    return this.#readExtensions(at + 2, at + 2 + this.bytes.u16(at))
  }

  #readExtensions(start: number, listEnd: number): boolean {
    if (listEnd > this.#declaredEnd) {
      this.#error ??= malformed(NAME, start - 2, 'the list of extensions leaves the message')
      return false
    }
    this.#extensionsStart = start
    this.#extensionsEnd = start
    while (this.#extensionsEnd < listEnd) {
      const at = this.#extensionsEnd
      if (!this.has(at, 4, 'an extension')) return false
      const end = at + 4 + this.bytes.u16(at + 2)
      if (end > listEnd) {
        this.#error ??= malformed(NAME, at, `extension ${this.bytes.u16(at)} leaves its list`)
        return false
      }
      if (end > this.#end) return false
      this.#extensionsEnd = end
    }
    return true
  }
}
