import { ByteReader } from '../../bytes/reader.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'
import type { DetailField, DetailSink } from './detail-sink.js'
import { LIST_ITEM } from './detail-sink.js'
import { detailField } from './layouts.js'
import type { RecordSlot } from './records.js'

const Option = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  KEEPALIVE: 11,
  PADDING: 12,
  ERROR: 15
} as const

const IPV4 = 1
const IPV6 = 2
const CLIENT_COOKIE_BYTES = 8

const PAYLOAD_SIZE = detailField('udpPayloadSize', 'UDPPayloadSize')
const VERSION = detailField('version')
const DNSSEC_OK = detailField('dnssecOk', 'DO')
const CODE = detailField('code')
const DATA = detailField('data')
const NSID = detailField('nsid', 'NSID')
const ADDRESS = detailField('address')
const SOURCE_PREFIX = detailField('sourcePrefixLength')
const SCOPE_PREFIX = detailField('scopePrefixLength')
const EXPIRE = detailField('expireSeconds')
const CLIENT_COOKIE = detailField('clientCookie')
const SERVER_COOKIE = detailField('serverCookie')
const TIMEOUT = detailField('timeoutMs')
const PADDING = detailField('paddingBytes')
const INFO_CODE = detailField('infoCode')
const EXTRA_TEXT = detailField('extraText')

/** What the class and the time to live of an OPT record stand for (RFC 6891 section 6.1.3). */
export function ednsFields(slot: RecordSlot): { udpPayloadSize: number; version: number; dnssecOk: boolean } {
  return {
    udpPayloadSize: slot.class,
    version: (slot.ttl >>> 16) & 0xff,
    dnssecOk: (slot.ttl & 0x8000) !== 0
  }
}

/** EDNS (RFC 6891): what the OPT record says in its fixed fields, and its options. Returns -1 when it is malformed. */
export function walkEdns(
  field: DetailField,
  bytes: ByteReader,
  start: number,
  end: number,
  slot: RecordSlot,
  sink: DetailSink
): number {
  const { udpPayloadSize, version, dnssecOk } = ednsFields(slot)
  sink.uint(PAYLOAD_SIZE, udpPayloadSize)
  sink.uint(VERSION, version)
  sink.flag(DNSSEC_OK, dnssecOk)
  sink.beginList(field)
  let at = start
  while (at + 4 <= end) {
    const optionEnd = at + 4 + bytes.u16(at + 2)
    if (optionEnd > end) break
    sink.beginObject(LIST_ITEM)
    sink.uint(CODE, bytes.u16(at))
    const isRead = walkOption(bytes.u16(at), bytes, at + 4, optionEnd, sink)
    // An option may hold anything: what does not follow its own RFC is shown as it is.
    if (!isRead) sink.base64(DATA, at + 4, optionEnd)
    sink.endObject()
    at = optionEnd
  }
  sink.endList()
  return at === end ? end : -1
}

function walkOption(code: number, bytes: ByteReader, start: number, end: number, sink: DetailSink): boolean {
  const length = end - start
  switch (code) {
    case Option.NSID:
      sink.hex(NSID, start, end)
      return true
    case Option.CLIENT_SUBNET: {
      const subnet = length < 4 ? undefined : subnetAddress(bytes, start, end)
      if (subnet === undefined) return false
      sink.string(ADDRESS, subnet)
      sink.uint(SOURCE_PREFIX, bytes.u8(start + 2))
      sink.uint(SCOPE_PREFIX, bytes.u8(start + 3))
      return true
    }
    case Option.EXPIRE:
      if (length !== 4) return false
      sink.uint(EXPIRE, bytes.u32(start))
      return true
    case Option.COOKIE:
      if (length !== CLIENT_COOKIE_BYTES && (length < 16 || length > 40)) return false
      sink.hex(CLIENT_COOKIE, start, start + CLIENT_COOKIE_BYTES)
      if (length > CLIENT_COOKIE_BYTES) sink.hex(SERVER_COOKIE, start + CLIENT_COOKIE_BYTES, end)
      return true
    case Option.KEEPALIVE:
      if (length !== 2) return false
      sink.uint(TIMEOUT, bytes.u16(start) * 100)
      return true
    case Option.PADDING:
      sink.uint(PADDING, length)
      return true
    case Option.ERROR:
      if (length < 2) return false
      sink.uint(INFO_CODE, bytes.u16(start))
      sink.text(EXTRA_TEXT, start + 2, end)
      return true
    default:
      return false
  }
}

/** RFC 7871: only the bytes the prefix needs are sent. */
function subnetAddress(bytes: ByteReader, start: number, end: number): string | undefined {
  const family = bytes.u16(start)
  const size = family === IPV4 ? 4 : family === IPV6 ? 16 : 0
  if (end - start - 4 > size || size === 0) return undefined
  const address = new Uint8Array(size)
  address.set(bytes.view(start + 4, end))
  const reader = new ByteReader()
  reader.reset(address)
  return size === 4 ? formatIpv4(reader, 0) : formatIpv6(reader, 0)
}
