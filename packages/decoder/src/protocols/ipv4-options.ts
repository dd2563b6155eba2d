import type { ByteReader } from '../bytes/reader.js'
import { formatIpv4 } from '../text/ip-address.js'
import { optionLength } from './header-options.js'

/** An option of the IPv4 header with what it says; one whose length is not its type's, or that is unknown, has data. */
export type Ipv4Option =
  | { readonly name: 'endOfList' | 'noOperation' }
  /** RFC 791; `pointer` counts from 1, at the option's first byte, to the next address to be used or filled in. */
  | {
      readonly name: 'recordRoute' | 'looseSourceRoute' | 'strictSourceRoute'
      readonly pointer: number
      readonly addresses: readonly string[]
    }
  /** RFC 791; `overflow` counts the routers that found no room. */
  | {
      readonly name: 'timestamp'
      readonly pointer: number
      readonly overflow: number
      readonly flag: number
      /** Milliseconds since midnight UTC, unless the highest bit says otherwise. */
      readonly entries: readonly { readonly address?: string; readonly timeMs: number }[]
    }
  /** RFC 2113; 0 asks every router to look. */
  | { readonly name: 'routerAlert'; readonly value: number }
  | { readonly name: 'streamId'; readonly value: number }
  /** RFC 1063. */
  | { readonly name: 'mtuProbe' | 'mtuReply'; readonly mtu: number }
  | { readonly name: OpaqueName; readonly data: Uint8Array }
  | { readonly name: 'unknown'; readonly type: number; readonly data: Uint8Array }

type OpaqueName =
  | 'experimentalMeasurement'
  | 'quickStart'
  | 'traceroute'
  | 'security'
  | 'extendedSecurity'
  | 'commercialSecurity'
  | 'experimentalAccessControl'
  | 'extendedIp'
  | 'addressExtension'
  | 'selectiveBroadcast'
  | 'dynamicPacketState'
  | 'upstreamMulticast'
  | 'experimentalFlowControl'
  | 'imiDescriptor'

/** IANA's names for what is only handed on. */
const OPAQUE: ReadonlyMap<number, OpaqueName> = new Map<number, OpaqueName>([
  [10, 'experimentalMeasurement'],
  [25, 'quickStart'],
  [82, 'traceroute'],
  [130, 'security'],
  [133, 'extendedSecurity'],
  [134, 'commercialSecurity'],
  [142, 'experimentalAccessControl'],
  [144, 'imiDescriptor'],
  [145, 'extendedIp'],
  [147, 'addressExtension'],
  [149, 'selectiveBroadcast'],
  [151, 'dynamicPacketState'],
  [152, 'upstreamMulticast'],
  [205, 'experimentalFlowControl']
])

const MTU_PROBE = 11
const MTU_REPLY = 12
const TIMESTAMP = 68
const STREAM_ID = 136
const ROUTER_ALERT = 148
const ROUTES: ReadonlyMap<number, 'recordRoute' | 'looseSourceRoute' | 'strictSourceRoute'> = new Map([
  [7, 'recordRoute' as const],
  [131, 'looseSourceRoute' as const],
  [137, 'strictSourceRoute' as const]
])

/** The options in `[start, end)`, for a list that has been checked. */
export function parseIpv4Options(bytes: ByteReader, start: number, end: number): Ipv4Option[] {
  const options: Ipv4Option[] = []
  for (let at = start; at < end; ) {
    const length = optionLength(bytes, at)
    options.push(parseOption(bytes, at, length))
    at += length
  }
  return options
}

function parseOption(bytes: ByteReader, at: number, length: number): Ipv4Option {
  const type = bytes.u8(at)
  if (type === 0) return { name: 'endOfList' }
  if (type === 1) return { name: 'noOperation' }
  const route = ROUTES.get(type)
  if (route !== undefined && length >= 3) {
    const addresses: string[] = []
    for (let next = at + 3; next + 4 <= at + length; next += 4) addresses.push(formatIpv4(bytes, next))
    return { name: route, pointer: bytes.u8(at + 2), addresses }
  }
  if (type === TIMESTAMP && length >= 4) return parseTimestamp(bytes, at, length)
  if (length === 4) {
    const value = bytes.u16(at + 2)
    if (type === ROUTER_ALERT) return { name: 'routerAlert', value }
    if (type === STREAM_ID) return { name: 'streamId', value }
    if (type === MTU_PROBE) return { name: 'mtuProbe', mtu: value }
    if (type === MTU_REPLY) return { name: 'mtuReply', mtu: value }
  }
  const data = bytes.view(at + 2, at + length)
  const name = OPAQUE.get(type)
  return name === undefined ? { name: 'unknown', type, data } : { name, data }
}

function parseTimestamp(bytes: ByteReader, at: number, length: number): Ipv4Option {
  const flag = bytes.u8(at + 3) & 0x0f
  const entries: { address?: string; timeMs: number }[] = []
  const size = flag === 0 ? 4 : 8
  for (let next = at + 4; next + size <= at + length; next += size) {
    const timeMs = bytes.u32(next + size - 4)
    entries.push(flag === 0 ? { timeMs } : { address: formatIpv4(bytes, next), timeMs })
  }
  return { name: 'timestamp', pointer: bytes.u8(at + 2), overflow: bytes.u8(at + 3) >> 4, flag, entries }
}
