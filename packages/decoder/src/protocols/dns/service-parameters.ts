import type { ByteReader } from '../../bytes/reader.js'
import type { DetailField, DetailSink } from './detail-sink.js'
import { LIST_ITEM } from './detail-sink.js'
import { detailField } from './layouts.js'

const Key = {
  MANDATORY: 0,
  ALPN: 1,
  NO_DEFAULT_ALPN: 2,
  PORT: 3,
  IPV4_HINT: 4,
  ECH: 5,
  IPV6_HINT: 6,
  DOH_PATH: 7,
  OHTTP: 8
} as const

const MANDATORY = detailField('mandatory')
const ALPN = detailField('alpn', 'ALPN')
const NO_DEFAULT_ALPN = detailField('noDefaultAlpn', 'NoDefaultALPN')
const PORT = detailField('port')
const IPV4_HINT = detailField('ipv4Hint', 'IPv4Hint')
const ECH = detailField('ech', 'ECH')
const IPV6_HINT = detailField('ipv6Hint', 'IPv6Hint')
const DOH_PATH = detailField('dohPath')
const OHTTP = detailField('ohttp', 'OHTTP')
const OTHERS = detailField('others')
const KEY = detailField('key')
const VALUE = detailField('value')

/** The parameters of SVCB and HTTPS records (RFC 9460). Returns -1 when they are malformed. */
export function walkServiceParameters(
  field: DetailField,
  bytes: ByteReader,
  start: number,
  end: number,
  sink: DetailSink
): number {
  let hasOthers = false
  let previous = -1
  sink.beginObject(field)
  let at = start
  while (at + 4 <= end) {
    const valueEnd = at + 4 + bytes.u16(at + 2)
    const key = bytes.u16(at)
    // Keys stand in ascending order, so that none comes twice and a name appears once in the object.
    if (valueEnd > end || key <= previous) break
    if (key > Key.OHTTP && !hasOthers) {
      hasOthers = true
      sink.beginList(OTHERS)
    }
    if (!walkParameter(key, bytes, at + 4, valueEnd, sink)) break
    previous = key
    at = valueEnd
  }
  if (hasOthers) sink.endList()
  sink.endObject()
  return at === end ? end : -1
}

function walkParameter(key: number, bytes: ByteReader, start: number, end: number, sink: DetailSink): boolean {
  const length = end - start
  switch (key) {
    case Key.MANDATORY:
      if (length === 0 || length % 2 !== 0) return false
      sink.beginList(MANDATORY)
      for (let at = start; at < end; at += 2) sink.uint(LIST_ITEM, bytes.u16(at))
      sink.endList()
      return true
    case Key.ALPN:
      return walkAlpn(bytes, start, end, sink)
    case Key.NO_DEFAULT_ALPN:
      sink.flag(NO_DEFAULT_ALPN, true)
      return length === 0
    case Key.PORT:
      if (length !== 2) return false
      sink.uint(PORT, bytes.u16(start))
      return true
    case Key.IPV4_HINT:
      if (length === 0 || length % 4 !== 0) return false
      sink.beginList(IPV4_HINT)
      for (let at = start; at < end; at += 4) sink.ipv4(LIST_ITEM, at)
      sink.endList()
      return true
    case Key.ECH:
      sink.base64(ECH, start, end)
      return true
    case Key.IPV6_HINT:
      if (length === 0 || length % 16 !== 0) return false
      sink.beginList(IPV6_HINT)
      for (let at = start; at < end; at += 16) sink.ipv6(LIST_ITEM, at)
      sink.endList()
      return true
    case Key.DOH_PATH:
      sink.text(DOH_PATH, start, end)
      return true
    case Key.OHTTP:
      sink.flag(OHTTP, true)
      return length === 0
    default:
      sink.beginObject(LIST_ITEM)
      sink.uint(KEY, key)
      sink.base64(VALUE, start, end)
      sink.endObject()
      return true
  }
}

function walkAlpn(bytes: ByteReader, start: number, end: number, sink: DetailSink): boolean {
  sink.beginList(ALPN)
  let at = start
  while (at < end) {
    const next = at + 1 + bytes.u8(at)
    if (next > end) break
    sink.text(LIST_ITEM, at + 1, next)
    at = next
  }
  sink.endList()
  return at === end && end > start
}
