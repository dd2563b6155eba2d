import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { BusPosition } from '@packet-logs/bus'

/** `PLR1`: says where a record begins, and of which format it is. */
const MAGIC = 0x504c5231
export const HEADER_BYTES = 56
/** Shorter bodies hardly shrink. */
const DEFLATE_FROM_BYTES = 512
const DEFLATED = 1
const POSITIONED = 2

/** What a record says before its body. */
export interface RecordHeader {
  /** Number of the record since the spool was made; never used twice. */
  index: number
  points: number
  /** When it was written, in milliseconds since the epoch. */
  writtenMs: number
  /** How far the bus had been read then, where it numbers its events. */
  position: BusPosition | undefined
  isDeflated: boolean
  bodyBytes: number
  checksum: number
}

/** The bytes of a record: lines of which each becomes a point, and how far the bus was read with them. */
export function formatRecord(
  lines: readonly string[],
  { index, writtenMs, position }: Pick<RecordHeader, 'index' | 'writtenMs' | 'position'>
): Buffer {
  const text = Buffer.from(lines.join('\n'))
  const isDeflated = text.length >= DEFLATE_FROM_BYTES
  const body = isDeflated ? deflateRawSync(text, { level: 1 }) : text
  const record = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  record.writeUInt32BE(MAGIC, 0)
  record.writeUInt32BE((isDeflated ? DEFLATED : 0) | (position ? POSITIONED : 0), 4)
  record.writeUInt32BE(body.length, 8)
  record.writeUInt32BE(lines.length, 12)
  record.writeDoubleBE(index, 16)
  record.writeDoubleBE(writtenMs, 24)
  record.writeDoubleBE(position?.epoch ?? 0, 32)
  record.writeDoubleBE(position?.seq ?? 0, 40)
  record.writeUInt32BE(0, 48)
  body.copy(record, HEADER_BYTES)
  record.writeUInt32BE(checksumOf(record), 52)
  return record
}

/** Reads a header; `undefined` when no record begins there. The checksum is not looked at. */
export function parseHeader(bytes: Buffer): RecordHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined
  const flags = bytes.readUInt32BE(4)
  return {
    index: bytes.readDoubleBE(16),
    points: bytes.readUInt32BE(12),
    writtenMs: bytes.readDoubleBE(24),
    position: flags & POSITIONED ? { epoch: bytes.readDoubleBE(32), seq: bytes.readDoubleBE(40) } : undefined,
    isDeflated: (flags & DEFLATED) !== 0,
    bodyBytes: bytes.readUInt32BE(8),
    checksum: bytes.readUInt32BE(52)
  }
}

/** Whether the bytes are the whole record they begin, as it was written. */
export function isIntact(record: Buffer): boolean {
  const header = parseHeader(record)
  if (header === undefined || record.length !== HEADER_BYTES + header.bodyBytes) return false
  return header.checksum === checksumOf(record)
}

/** The lines of an intact record. */
export function linesOf(record: Buffer, { isDeflated, points }: RecordHeader): readonly string[] {
  if (points === 0) return []
  const body = record.subarray(HEADER_BYTES)
  return (isDeflated ? inflateRawSync(body) : body).toString('utf8').split('\n')
}

/** Of all but itself. */
function checksumOf(record: Buffer): number {
  return crc32(record.subarray(HEADER_BYTES), crc32(record.subarray(0, HEADER_BYTES - 4)))
}
