import type { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { malformed, truncated } from '../../errors.js'

const NAME = 'QUIC'
const LONG_HEADER = 0x80
const FIXED_BIT = 0x40
const MAX_CONNECTION_ID_BYTES = 20

export const QUIC_V1 = 0x00000001
/** RFC 9369. */
export const QUIC_V2 = 0x6b3343cf

/** What a long header opens. */
export type QuicPacketType = 'initial' | '0-rtt' | 'handshake' | 'retry' | 'version-negotiation' | 'unknown'

/** The two type bits, by version: version 2 moved each of them on by one. */
const TYPES_V1: readonly QuicPacketType[] = ['initial', '0-rtt', 'handshake', 'retry']
const TYPES_V2: readonly QuicPacketType[] = ['retry', 'initial', '0-rtt', 'handshake']

/** Versions whose long header is that of version 1: the drafts the big deployments ran, and the final one. */
function isV1Like(version: number): boolean {
  return version === QUIC_V1 || version >>> 8 === 0xff0000
}

function typeOf(first: number, version: number): QuicPacketType {
  if (version === 0) return 'version-negotiation'
  if (!isV1Like(version) && version !== QUIC_V2) return 'unknown'
  return (version === QUIC_V2 ? TYPES_V2 : TYPES_V1)[(first >> 4) & 3] ?? 'unknown'
}

/** Whether a version has a meaning, or is there to be refused (RFC 9000 section 15). */
function isKnownVersion(version: number): boolean {
  return isV1Like(version) || version === QUIC_V2 || version === 0 || (version & 0x0f0f0f0f) === 0x0a0a0a0a
}

/** The end of the variable-length integer at `at` (RFC 9000 section 16). */
export function varintEnd(bytes: ByteReader, at: number): number {
  return at + (1 << (bytes.u8(at) >> 6))
}

/** A variable-length integer; what is beyond 2^53 is rounded, and larger than any packet anyway. */
export function varint(bytes: ByteReader, at: number): number {
  switch (bytes.u8(at) >> 6) {
    case 0:
      return bytes.u8(at)
    case 1:
      return bytes.u16(at) & 0x3fff
    case 2:
      return bytes.u32(at) & 0x3fffffff
    default:
      return (bytes.u32(at) & 0x3fffffff) * 0x1_0000_0000 + bytes.u32(at + 4)
  }
}

/** The header of one QUIC packet, as far as it is not encrypted. */
export class LongHeader {
  version = 0
  type: QuicPacketType = 'unknown'
  destinationIdStart = 0
  destinationIdEnd = 0
  sourceIdEnd = 0
  tokenStart = 0
  tokenEnd = 0
  /** Where the packet number starts, of packets that have one. */
  numberStart = 0
  /** Behind the packet's last byte; another may follow in the same datagram. */
  packetEnd = 0

  get sourceIdStart(): number {
    return this.destinationIdEnd + 1
  }

  /** Reads the header at `start`; what is set before an error holds. */
  read(bytes: ByteReader, start: number, end: number): DecodeError | undefined {
    const first = bytes.u8(start)
    this.version = 0
    this.type = 'unknown'
    this.packetEnd = end
    this.destinationIdStart = this.destinationIdEnd = this.sourceIdEnd = start
    this.tokenStart = this.tokenEnd = this.numberStart = start
    if (end - start < 7) return truncated(NAME, start, `${end - start} bytes are too few for a long header`)
    this.version = bytes.u32(start + 1)
    this.type = typeOf(first, this.version)
    const error = this.#readIds(bytes, start + 5, end)
    if (error !== undefined) return error
    this.tokenStart = this.tokenEnd = this.numberStart = this.sourceIdEnd
    if (this.type === 'version-negotiation') return undefined
    if ((first & FIXED_BIT) === 0) return malformed(NAME, start, 'the fixed bit is not set')
    if (this.type === 'unknown') return undefined
    return this.type === 'retry' ? this.#readRetry(end) : this.#readLengths(bytes, end)
  }

  #readIds(bytes: ByteReader, at: number, end: number): DecodeError | undefined {
    const destinationBytes = bytes.u8(at)
    const isLimited = isV1Like(this.version) || this.version === QUIC_V2
    if (isLimited && destinationBytes > MAX_CONNECTION_ID_BYTES) {
      return malformed(NAME, at, `a connection id of ${destinationBytes} bytes is longer than 20`)
    }
    if (at + 1 + destinationBytes >= end) return truncated(NAME, at, 'the destination connection id is cut')
    this.destinationIdStart = at + 1
    this.destinationIdEnd = this.sourceIdEnd = at + 1 + destinationBytes
    const sourceBytes = bytes.u8(this.destinationIdEnd)
    if (isLimited && sourceBytes > MAX_CONNECTION_ID_BYTES) {
      return malformed(NAME, this.destinationIdEnd, `a connection id of ${sourceBytes} bytes is longer than 20`)
    }
    if (this.sourceIdStart + sourceBytes > end) {
      this.sourceIdEnd = this.sourceIdStart
      return truncated(NAME, this.destinationIdEnd, 'the source connection id is cut')
    }
    this.sourceIdEnd = this.sourceIdStart + sourceBytes
    return undefined
  }

  /** A retry is its token and, in the last 16 bytes, proof that it is whole. */
  #readRetry(end: number): DecodeError | undefined {
    if (end - this.tokenStart < 16) return truncated(NAME, this.tokenStart, 'the integrity tag of a retry is cut')
    this.tokenEnd = this.numberStart = end - 16
    return undefined
  }

  #readLengths(bytes: ByteReader, end: number): DecodeError | undefined {
    let at = this.sourceIdEnd
    if (this.type === 'initial') {
      if (at >= end || varintEnd(bytes, at) > end) return truncated(NAME, at, 'the token length is cut')
      const tokenBytes = varint(bytes, at)
      this.tokenStart = this.tokenEnd = varintEnd(bytes, at)
      if (tokenBytes > end - this.tokenStart) return truncated(NAME, at, `a token of ${tokenBytes} bytes is cut`)
      this.tokenEnd = at = this.tokenStart + tokenBytes
    }
    if (at >= end || varintEnd(bytes, at) > end) return truncated(NAME, at, 'the packet length is cut')
    this.numberStart = varintEnd(bytes, at)
    const length = varint(bytes, at)
    if (length > end - this.numberStart) return truncated(NAME, at, `a packet of ${length} bytes is cut`)
    this.packetEnd = this.numberStart + length
    return undefined
  }
}

/** Whether a datagram starts with a long header of a known version: nothing else of QUIC can be told by its bytes. */
export function startsWithLongHeader(bytes: ByteReader, start: number, end: number): boolean {
  if (end - start < 7 || (bytes.u8(start) & LONG_HEADER) === 0) return false
  const version = bytes.u32(start + 1)
  if (!isKnownVersion(version)) return false
  if (version !== 0 && (bytes.u8(start) & FIXED_BIT) === 0) return false
  const destinationBytes = bytes.u8(start + 5)
  if (destinationBytes > MAX_CONNECTION_ID_BYTES) return false
  const sourceAt = start + 6 + destinationBytes
  if (sourceAt >= end || bytes.u8(sourceAt) > MAX_CONNECTION_ID_BYTES) return sourceAt >= end && version !== 0
  // Four zero bytes are common elsewhere; what negotiates is a list of versions, and nothing behind it.
  const listStart = sourceAt + 1 + bytes.u8(sourceAt)
  return version !== 0 || (end > listStart && (end - listStart) % 4 === 0)
}
