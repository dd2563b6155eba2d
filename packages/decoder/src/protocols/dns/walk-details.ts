import type { ByteReader } from '../../bytes/reader.js'
import type { DetailField, DetailSink } from './detail-sink.js'
import { LIST_ITEM } from './detail-sink.js'
import { walkEdns } from './edns.js'
import type { FieldKind } from './layouts.js'
import { LAYOUTS } from './layouts.js'
import type { RecordTypeName } from './record-types.js'
import type { RecordSlot } from './records.js'
import { walkServiceParameters } from './service-parameters.js'

/** Where a name of a record ends, and what is done with it. The second of two names is the mailbox. */
export type NameVisitor = (field: DetailField, at: number, isMailbox: boolean) => number

/** One bit for each of the 256 types of a window. */
const MAX_BITMAP_BYTES = 32
const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv'

/**
 * Hands every field of a record's data to `sink`. Returns -1, or the offset of what contradicts the record's type; the
 * fields in front of it have been handed over then.
 */
export function walkDetails(
  type: RecordTypeName,
  bytes: ByteReader,
  slot: RecordSlot,
  sink: DetailSink,
  name: NameVisitor
): number {
  const end = slot.dataEnd
  let at = slot.dataStart
  for (const { field, kind } of LAYOUTS[type]) {
    const next =
      kind === 'name' || kind === 'mailbox'
        ? name(field, at, kind === 'mailbox')
        : walkField(kind, field, bytes, at, end, slot, sink)
    if (next < 0 || next > end) return at
    at = next
  }
  return at === end ? -1 : at
}

/** Returns where the field ends; -1, or beyond `end`, when it is malformed. */
function walkField(
  kind: Exclude<FieldKind, 'name' | 'mailbox'>,
  field: DetailField,
  bytes: ByteReader,
  at: number,
  end: number,
  slot: RecordSlot,
  sink: DetailSink
): number {
  const fixed = fixedBytes(kind)
  if (at + fixed > end) return -1
  switch (kind) {
    case 'u8':
      sink.uint(field, bytes.u8(at))
      return at + 1
    case 'u16':
      sink.uint(field, bytes.u16(at))
      return at + 2
    case 'u32':
      sink.uint(field, bytes.u32(at))
      return at + 4
    case 'ipv4':
      sink.ipv4(field, at)
      return at + 4
    case 'ipv6':
      sink.ipv6(field, at)
      return at + 16
    case 'loc-angle':
      // RFC 1876: thousandths of a second of arc, the equator and the meridian at 2^31.
      sink.int(field, bytes.u32(at) - 0x8000_0000)
      return at + 4
    case 'loc-altitude':
      sink.int(field, bytes.u32(at) - 10_000_000)
      return at + 4
    case 'loc-size':
      sink.uint(field, (bytes.u8(at) >> 4) * 10 ** (bytes.u8(at) & 15))
      return at + 1
    case 'rest-text':
      sink.text(field, at, end)
      return end
    case 'rest-hex':
      sink.hex(field, at, end)
      return end
    case 'rest-base64':
      sink.base64(field, at, end)
      return end
    case 'text':
    case 'sized-hex':
    case 'sized-base32': {
      const next = at + 1 + bytes.u8(at)
      if (next > end) return -1
      if (kind === 'text') sink.text(field, at + 1, next)
      else if (kind === 'sized-hex') sink.hex(field, at + 1, next)
      else sink.string(field, base32Hex(bytes, at + 1, next))
      return next
    }
    case 'texts':
      return walkTexts(field, bytes, at, end, sink)
    case 'types':
      return walkTypes(field, bytes, at, end, sink)
    case 'service-parameters':
      return walkServiceParameters(field, bytes, at, end, sink)
    case 'edns':
      return walkEdns(field, bytes, at, end, slot, sink)
  }
}

/** Bytes a field has at least. */
function fixedBytes(kind: FieldKind): number {
  switch (kind) {
    case 'u8':
    case 'loc-size':
    case 'text':
    case 'sized-hex':
    case 'sized-base32':
      return 1
    case 'u16':
      return 2
    case 'u32':
    case 'ipv4':
    case 'loc-angle':
    case 'loc-altitude':
      return 4
    case 'ipv6':
      return 16
    default:
      return 0
  }
}

function walkTexts(field: DetailField, bytes: ByteReader, start: number, end: number, sink: DetailSink): number {
  sink.beginList(field)
  let at = start
  while (at < end) {
    const next = at + 1 + bytes.u8(at)
    if (next > end) break
    sink.text(LIST_ITEM, at + 1, next)
    at = next
  }
  sink.endList()
  return at === end ? end : -1
}

/** RFC 4034 section 4.1.2: windows of 256 types, each a bitmap without the zeros at its end. */
function walkTypes(field: DetailField, bytes: ByteReader, start: number, end: number, sink: DetailSink): number {
  sink.beginList(field)
  let at = start
  while (at + 2 <= end) {
    const window = bytes.u8(at) << 8
    const bitmapBytes = bytes.u8(at + 1)
    const bitmapEnd = at + 2 + bitmapBytes
    if (bitmapBytes === 0 || bitmapBytes > MAX_BITMAP_BYTES || bitmapEnd > end) break
    for (let index = at + 2; index < bitmapEnd; index++) {
      for (let bit = 0; bit < 8; bit++) {
        if ((bytes.u8(index) & (0x80 >> bit)) !== 0) sink.uint(LIST_ITEM, window + (index - at - 2) * 8 + bit)
      }
    }
    at = bitmapEnd
  }
  sink.endList()
  return at === end ? end : -1
}

/** RFC 4648 section 7, without padding, in lower case as signed zones are written. */
function base32Hex(bytes: ByteReader, start: number, end: number): string {
  let text = ''
  let bits = 0
  let held = 0
  for (let at = start; at < end; at++) {
    bits = ((bits << 8) | bytes.u8(at)) & 0xfff
    held += 8
    while (held >= 5) {
      held -= 5
      text += BASE32_HEX.charAt((bits >> held) & 31)
    }
  }
  return held === 0 ? text : text + BASE32_HEX.charAt((bits << (5 - held)) & 31)
}
