import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'

const NAME = 'HTTP'
const SPACE = 0x20
const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const TAB = 0x09

const JSON_NAMES = jsonNames(NAME, {
  method: 'Method',
  target: 'Target',
  version: 'Version',
  host: 'Host',
  userAgent: 'UserAgent',
  status: 'Status',
  reason: 'Reason',
  isPartial: 'Partial'
})

/** The head of an HTTP/1 message in events. */
export interface HttpInfo {
  Method?: string
  Target?: string
  /** Such as `1.1`. */
  Version: string
  Host?: string
  UserAgent?: string
  Status?: number
  Reason?: string
  /** The head goes on in another segment. */
  Partial?: true
}

const ascii = (text: string): readonly number[] => Array.from(text, character => character.charCodeAt(0))
/** RFC 9110 section 9 and RFC 5789. Others are rare, and a longer list finds HTTP where there is none. */
const METHODS = ['GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE '].map(ascii)
const RESPONSE = ascii('HTTP/1.')
const HOST = ascii('host')
const USER_AGENT = ascii('user-agent')

const utf8 = new TextDecoder()

/**
 * The head of an HTTP/1 message (RFC 9112) at the start of a TCP segment. Streams are not followed: of a head that goes
 * on in another segment the layer has what is in this one.
 */
export class Http extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = JSON_NAMES
  isRequest = false
  /** Whether the head goes on in another segment. */
  isPartial = false
  #firstEnd = 0
  #secondEnd = 0
  #lineEnd = 0
  #hostStart = -1
  #hostEnd = -1
  #agentStart = -1
  #agentEnd = -1

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    this.isRequest = false
    this.isPartial = false
    this.#hostStart = this.#hostEnd = this.#agentStart = this.#agentEnd = -1
    if (!startsMessage(bytes, start, end)) return malformed(NAME, start, 'neither a request nor a response starts here')
    this.usable = true
    this.isRequest = !startsWith(bytes, start, end, RESPONSE)
    const newline = find(bytes, start, end, LF)
    this.#lineEnd = newline > start && bytes.u8(newline - 1) === CR ? newline - 1 : newline
    this.#firstEnd = find(bytes, start, this.#lineEnd, SPACE)
    // A target may hold anything but blanks; one that does is taken up to the last of them.
    this.#secondEnd = this.isRequest
      ? findLast(bytes, this.#firstEnd + 1, this.#lineEnd, SPACE)
      : find(bytes, Math.min(this.#firstEnd + 1, this.#lineEnd), this.#lineEnd, SPACE)
    this.headerEnd = Math.min(newline + 1, end)
    this.isPartial = newline >= end
    if (!this.isPartial) this.#readFields(newline + 1)
    return undefined
  }

  /** Looks for the fields worth knowing; the head ends with an empty line. */
  #readFields(at: number): void {
    const { bytes, end } = this
    for (let lineStart = at; lineStart < end; ) {
      const newline = find(bytes, lineStart, end, LF)
      const lineEnd = newline > lineStart && bytes.u8(newline - 1) === CR ? newline - 1 : newline
      this.headerEnd = Math.min(newline + 1, end)
      if (newline >= end) break
      if (lineEnd === lineStart) return
      if (this.#hostStart < 0 && isField(bytes, lineStart, lineEnd, HOST)) {
        this.#hostStart = skipBlanks(bytes, lineStart + HOST.length + 1, lineEnd)
        this.#hostEnd = trimBlanks(bytes, this.#hostStart, lineEnd)
      } else if (this.#agentStart < 0 && isField(bytes, lineStart, lineEnd, USER_AGENT)) {
        this.#agentStart = skipBlanks(bytes, lineStart + USER_AGENT.length + 1, lineEnd)
        this.#agentEnd = trimBlanks(bytes, this.#agentStart, lineEnd)
      }
      lineStart = newline + 1
    }
    this.isPartial = true
  }

  #text(start: number, end: number): string {
    return start < end ? utf8.decode(this.bytes.view(start, end)) : ''
  }

  /** Such as `GET`; undefined in responses. */
  get method(): string | undefined {
    return this.isRequest ? this.#text(this.start, this.#firstEnd) : undefined
  }

  /** What is asked for, as it stands in the request. */
  get target(): string | undefined {
    return this.isRequest ? this.#text(this.#firstEnd + 1, this.#secondEnd) : undefined
  }

  /** Such as `1.1`; empty where the line is cut before it. */
  get version(): string {
    const [start, end] = this.isRequest ? [this.#secondEnd + 1, this.#lineEnd] : [this.start, this.#firstEnd]
    const text = this.#text(start, end)
    return text.startsWith('HTTP/') ? text.slice(5) : ''
  }

  /** The host asked, port included when it is given. */
  get host(): string | undefined {
    return this.#hostStart < 0 ? undefined : this.#text(this.#hostStart, this.#hostEnd)
  }

  get userAgent(): string | undefined {
    return this.#agentStart < 0 ? undefined : this.#text(this.#agentStart, this.#agentEnd)
  }

  /** Status code of a response; undefined in requests, and where the line is cut before it. */
  get status(): number | undefined {
    if (this.isRequest) return undefined
    const text = this.#text(this.#firstEnd + 1, this.#secondEnd)
    return /^\d{3}$/.test(text) ? Number(text) : undefined
  }

  /** Words behind a response's status; empty where there are none. */
  get reason(): string | undefined {
    return this.isRequest ? undefined : this.#text(this.#secondEnd + 1, this.#lineEnd)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = JSON_NAMES
    out.text(fields.method, this.method)
    if (out.showsContent) out.text(fields.target, this.target)
    out.text(fields.version, this.version)
    out.text(fields.host, this.host)
    out.text(fields.userAgent, this.userAgent)
    out.uint(fields.status, this.status)
    out.text(fields.reason, this.reason)
    if (this.isPartial) out.boolean(fields.isPartial, true)
  }
}

function find(bytes: ByteReader, start: number, end: number, byte: number): number {
  for (let at = start; at < end; at++) if (bytes.u8(at) === byte) return at
  return end
}

/** The last place of `byte`; `end` when there is none. */
function findLast(bytes: ByteReader, start: number, end: number, byte: number): number {
  for (let at = end - 1; at >= start; at--) if (bytes.u8(at) === byte) return at
  return end
}

function startsWith(bytes: ByteReader, start: number, end: number, expected: readonly number[]): boolean {
  if (end - start < expected.length) return false
  for (let index = 0; index < expected.length; index++) if (bytes.u8(start + index) !== expected[index]) return false
  return true
}

/** Field names know no case; `expected` is in lower case. */
function isField(bytes: ByteReader, start: number, end: number, expected: readonly number[]): boolean {
  if (end - start <= expected.length || bytes.u8(start + expected.length) !== COLON) return false
  for (let index = 0; index < expected.length; index++) {
    const byte = bytes.u8(start + index)
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== expected[index]) return false
  }
  return true
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB

function skipBlanks(bytes: ByteReader, start: number, end: number): number {
  let at = start
  while (at < end && isBlank(bytes.u8(at))) at++
  return at
}

function trimBlanks(bytes: ByteReader, start: number, end: number): number {
  let at = end
  while (at > start && isBlank(bytes.u8(at - 1))) at--
  return at
}

/** Whether a request or a response of HTTP/1 starts here: a method and a printable byte, or the version. */
function startsMessage(bytes: ByteReader, start: number, end: number): boolean {
  if (start >= end) return false
  const first = bytes.u8(start)
  if (first < 0x43 || first > 0x54) return false
  if (startsWith(bytes, start, end, RESPONSE)) return true
  for (const method of METHODS) {
    if (first !== method[0] || !startsWith(bytes, start, end, method)) continue
    if (start + method.length >= end) return false
    const target = bytes.u8(start + method.length)
    return target > SPACE && target < 0x7f
  }
  return false
}

export const http: Protocol = { name: NAME, create: () => new Http(), tcpProbe: startsMessage }
