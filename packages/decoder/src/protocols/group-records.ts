import type { Fragment } from '../bytes/fragment.js'
import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import { fieldKeys, ITEM } from '../formats/json-names.js'
import { formatIpv4, formatIpv6 } from '../text/ip-address.js'

const RECORD_HEADER_BYTES = 4
const IPV4_BYTES = 4
const RECORD = fieldKeys({ type: 'Type', group: 'Group', sources: 'Sources' })

/** What a host listens to, in the reports of IGMPv3 (RFC 9776) and MLDv2 (RFC 9777), which differ in their addresses. */
export interface GroupRecord {
  /** 1 is include, 2 exclude, 3 change to include, 4 change to exclude, 5 allow new, 6 block old. */
  readonly type: number
  readonly group: string
  readonly sources: readonly string[]
}

export interface GroupRecordInfo {
  Type: number
  Group: string
  Sources: string[]
}

export type AddressBytes = 4 | 16

/** Whether `count` records stand in `[start, end)`. */
export function checkRecords(
  layer: string,
  bytes: ByteReader,
  start: number,
  end: number,
  count: number,
  size: AddressBytes
): DecodeError | undefined {
  let at = start
  for (let left = count; left > 0; left--) {
    const length = end - at < RECORD_HEADER_BYTES ? RECORD_HEADER_BYTES : recordLength(bytes, at, size)
    if (length > end - at) return truncated(layer, at, `group record of ${length} bytes is cut after ${end - at}`)
    at += length
  }
  return undefined
}

/** The first `count` records from `start` on, as far as they end before `end`. */
export function listRecords(
  bytes: ByteReader,
  start: number,
  end: number,
  count: number,
  size: AddressBytes
): GroupRecord[] {
  const records: GroupRecord[] = []
  for (let at = start; records.length < count && end - at >= RECORD_HEADER_BYTES; ) {
    const next = at + recordLength(bytes, at, size)
    if (next > end) break
    const group = at + RECORD_HEADER_BYTES
    records.push({
      type: bytes.u8(at),
      group: formatAddress(bytes, group, size),
      sources: listAddresses(bytes, group + size, end, bytes.u16(at + 2), size)
    })
    at = next
  }
  return records
}

/** Up to `count` addresses, as far as they end before `end`. */
export function listAddresses(
  bytes: ByteReader,
  start: number,
  end: number,
  count: number,
  size: AddressBytes
): string[] {
  const length = Math.max(0, Math.min(count, Math.floor((end - start) / size)))
  return Array.from({ length }, (_, index) => formatAddress(bytes, start + index * size, size))
}

/** What a query or a report of group membership lists, under the keys that its protocol gives them. */
export function writeMembership(
  out: FieldWriter,
  keys: { readonly sources: Fragment; readonly records: Fragment },
  { sources, records }: { sources: readonly string[] | undefined; records: readonly GroupRecord[] | undefined }
): void {
  if (out.isBrief) return
  if (sources !== undefined) {
    out.beginList(keys.sources)
    for (const source of sources) out.text(ITEM, source)
    out.endList()
  }
  if (records !== undefined) {
    out.beginList(keys.records)
    writeRecords(out, records)
    out.endList()
  }
}

function writeRecords(out: FieldWriter, records: readonly GroupRecord[]): void {
  for (const { type, group, sources } of records) {
    out.beginObject(ITEM)
    out.uint(RECORD.type, type)
    out.text(RECORD.group, group)
    out.beginList(RECORD.sources)
    for (const source of sources) out.text(ITEM, source)
    out.endList()
    out.endObject()
  }
}

function formatAddress(bytes: ByteReader, at: number, size: AddressBytes): string {
  return size === IPV4_BYTES ? formatIpv4(bytes, at) : formatIpv6(bytes, at)
}

/** Bytes of a record with its sources and the auxiliary data nobody uses. */
function recordLength(bytes: ByteReader, at: number, size: AddressBytes): number {
  return RECORD_HEADER_BYTES + size + bytes.u16(at + 2) * size + bytes.u8(at + 1) * 4
}

/** RFC 9776 sections 4.1.1 and 4.1.7, RFC 9777 section 5.1.3: from `limit` on, an exponent and a mantissa. */
export function expandCode(code: number, bits: 8 | 16): number {
  const limit = 1 << (bits - 1)
  if (code < limit) return code
  const mantissaBits = bits - 4
  const mantissa = (code & ((1 << mantissaBits) - 1)) | (1 << mantissaBits)
  return mantissa << (((code >> mantissaBits) & 0x07) + 3)
}
