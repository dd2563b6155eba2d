import type { ByteReader } from '../bytes/reader.js'
import type { FieldWriter } from '../formats/field-writer.js'
import { fieldKeys, ITEM } from '../formats/json-names.js'
import { formatIpv6 } from '../text/ip-address.js'

const HOP_BY_HOP = 0
const ROUTING = 43
export const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION_OPTIONS = 60
const MOBILITY = 135
const HIP = 139
const SHIM6 = 140

/** RFC 5095 deprecates type 0, RFC 6275 defines 2, RFC 6554 3, RFC 8754 4. */
const SOURCE_ROUTE = 0
const HOME_ADDRESS_ROUTE = 2
const RPL_SOURCE_ROUTE = 3
const SEGMENT_ROUTE = 4

const EXTENSION = fieldKeys({
  type: 'Type',
  data: 'Data',
  fragmentOffset: 'FragOffset',
  moreFragments: 'MoreFragments',
  fragmentId: 'Id',
  routingType: 'RoutingType',
  segmentsLeft: 'SegmentsLeft',
  addresses: 'Addresses',
  spi: 'SPI',
  seq: 'Seq'
})

/** One extension header. */
export interface Ipv6Extension {
  /** The header's own number: 0 hop-by-hop, 43 routing, 44 fragment, 51 authentication, 60 destination options, … */
  readonly type: number
  /** The whole header. */
  readonly data: Uint8Array
  /** What it says; `undefined` for HIP and shim6, and where it contradicts its type. */
  readonly content: Ipv6ExtensionContent | undefined
}

export type Ipv6ExtensionContent =
  | { readonly name: 'hopByHop' | 'destinationOptions'; readonly options: readonly Ipv6Option[] }
  | {
      readonly name: 'routing'
      readonly routingType: number
      readonly segmentsLeft: number
      /** Of types 0, 2, 3 and 4; compressed ones (type 3) and TLVs behind them (type 4) are left out. */
      readonly addresses: readonly string[]
    }
  /** `offset` in units of eight bytes. */
  | { readonly name: 'fragment'; readonly offset: number; readonly moreFragments: boolean; readonly id: number }
  /** RFC 4302. */
  | { readonly name: 'authentication'; readonly spi: number; readonly seq: number; readonly icv: Uint8Array }
  /** RFC 6275: 0 binding refresh, 5 binding update, 6 binding acknowledgement, … */
  | { readonly name: 'mobility'; readonly messageType: number }

/** An option of a hop-by-hop or destination header; padding is left out. */
export interface Ipv6Option {
  /** 5 router alert, 194 jumbo payload, 201 home address, 49 IOAM, 99 RPL, … */
  readonly type: number
  readonly data: Uint8Array
}

/** In JSON, in the list `Extensions` of `IPv6`. */
export interface Ipv6ExtensionInfo {
  Type: number
  Data: string
  FragOffset?: number
  MoreFragments?: boolean
  Id?: number
  RoutingType?: number
  SegmentsLeft?: number
  Addresses?: string[]
  SPI?: number
  Seq?: number
}

export function isExtension(header: number): boolean {
  switch (header) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true
    default:
      return false
  }
}

/** Bytes of an extension header whose second byte is `field`. */
export function extensionLength(header: number, field: number): number {
  if (header === FRAGMENT) return 8
  // RFC 4302 counts the authentication header in words of four bytes.
  return header === AUTHENTICATION ? (field + 2) * 4 : (field + 1) * 8
}

/** The extension headers in `[start, end)`, for a chain that has been checked. */
export function listExtensions(bytes: ByteReader, first: number, start: number, end: number): Ipv6Extension[] {
  const extensions: Ipv6Extension[] = []
  let type = first
  for (let at = start; at < end; ) {
    const next = at + extensionLength(type, bytes.u8(at + 1))
    extensions.push({ type, data: bytes.view(at, next), content: parseContent(bytes, type, at, next) })
    type = bytes.u8(at)
    at = next
  }
  return extensions
}

export function writeExtensions(out: FieldWriter, bytes: ByteReader, first: number, start: number, end: number): void {
  let type = first
  for (let at = start; at < end; ) {
    const next = at + extensionLength(type, bytes.u8(at + 1))
    out.beginObject(ITEM)
    out.uint(EXTENSION.type, type)
    out.base64(EXTENSION.data, at, next)
    if (type === FRAGMENT) {
      out.uint(EXTENSION.fragmentOffset, bytes.u16(at + 2) >> 3)
      out.boolean(EXTENSION.moreFragments, (bytes.u8(at + 3) & 1) !== 0)
      out.uint(EXTENSION.fragmentId, bytes.u32(at + 4))
    } else if (type === ROUTING) {
      out.uint(EXTENSION.routingType, bytes.u8(at + 2))
      out.uint(EXTENSION.segmentsLeft, bytes.u8(at + 3))
      out.beginList(EXTENSION.addresses)
      const count = addressCount(bytes, at, next)
      for (let index = 0; index < count; index++) out.ipv6(ITEM, at + 8 + index * 16)
      out.endList()
    } else if (type === AUTHENTICATION && next - at >= 12) {
      out.uint(EXTENSION.spi, bytes.u32(at + 4))
      out.uint(EXTENSION.seq, bytes.u32(at + 8))
    }
    out.endObject()
    type = bytes.u8(at)
    at = next
  }
}

function parseContent(bytes: ByteReader, type: number, at: number, end: number): Ipv6ExtensionContent | undefined {
  switch (type) {
    case HOP_BY_HOP:
      return { name: 'hopByHop', options: parseOptions(bytes, at + 2, end) }
    case DESTINATION_OPTIONS:
      return { name: 'destinationOptions', options: parseOptions(bytes, at + 2, end) }
    case ROUTING: {
      const addresses: string[] = []
      const count = addressCount(bytes, at, end)
      for (let index = 0; index < count; index++) addresses.push(formatIpv6(bytes, at + 8 + index * 16))
      return { name: 'routing', routingType: bytes.u8(at + 2), segmentsLeft: bytes.u8(at + 3), addresses }
    }
    case FRAGMENT:
      return {
        name: 'fragment',
        offset: bytes.u16(at + 2) >> 3,
        moreFragments: (bytes.u8(at + 3) & 1) !== 0,
        id: bytes.u32(at + 4)
      }
    case AUTHENTICATION:
      if (end - at < 12) return undefined
      return {
        name: 'authentication',
        spi: bytes.u32(at + 4),
        seq: bytes.u32(at + 8),
        icv: bytes.view(at + 12, end)
      }
    case MOBILITY:
      return { name: 'mobility', messageType: bytes.u8(at + 2) }
    default:
      return undefined
  }
}

/** How many whole addresses a routing header lists from its ninth byte on. */
function addressCount(bytes: ByteReader, at: number, end: number): number {
  const room = Math.floor((end - at - 8) / 16)
  switch (bytes.u8(at + 2)) {
    case SOURCE_ROUTE:
    case HOME_ADDRESS_ROUTE:
      return room
    case RPL_SOURCE_ROUTE:
      // Its fifth byte says how many bytes each address leaves out: only whole addresses are listed.
      return bytes.u8(at + 4) === 0 ? room : 0
    case SEGMENT_ROUTE:
      return Math.min(bytes.u8(at + 4) + 1, room)
    default:
      return 0
  }
}

/** The options in `[start, end)` up to the first that leaves the header. */
function parseOptions(bytes: ByteReader, start: number, end: number): Ipv6Option[] {
  const options: Ipv6Option[] = []
  for (let at = start; at < end; ) {
    const type = bytes.u8(at)
    if (type === 0) {
      at++
      continue
    }
    const next = at + 2 + bytes.u8(at + 1)
    if (at + 2 > end || next > end) break
    if (type !== 1) options.push({ type, data: bytes.view(at + 2, next) })
    at = next
  }
  return options
}
