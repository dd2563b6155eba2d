import { protocolName } from '../../tables/names.js'
import { innermost } from '../innermost.js'
import type { Ipv4Info, Ipv6Info, PacketInfo, TcpInfo } from '../packet-info/packet-info.js'
import type { Unchecked } from '../unchecked.js'
import { objectOf, textOf } from '../unchecked.js'
import { describeLayers } from './details.js'

/** What one line says about a packet. Texts come from the network and are not yet safe to print. */
export interface PacketSummary {
  /** Clock time with milliseconds, in the zone the packet was stamped in. */
  readonly time: string
  readonly action: string
  readonly prefix: string
  /** `lan0→wan0`, or the one device that is known. */
  readonly devices: string
  readonly protocol: string
  /** `address:port → address:port`, IPv6 addresses in brackets; empty when there is no address. */
  readonly endpoints: string
  /** What is known beyond: DNS and server names, TCP flags, ICMP type, decoding errors. */
  readonly details: readonly string[]
}

/** Layers that name the packet better than its IP protocol does, what is on top first. */
const NAMED_LAYERS = [
  'DNS',
  'MDNS',
  'LLMNR',
  'DHCP',
  'DHCPv6',
  'NTP',
  'TLS',
  'HTTP',
  'QUIC',
  'SCTP',
  'IGMP',
  'MLD',
  'ARP'
] as const

/** Reads SPR's JSON for a packet, ours with its added keys or the original; `undefined` for any other value. */
export function summarise(value: unknown): PacketSummary | undefined {
  const event = objectOf<PacketInfo>(value)
  const { Prefix: prefix, Action: action, Timestamp: timestamp } = event ?? {}
  if (!event || typeof prefix !== 'string' || typeof action !== 'string' || typeof timestamp !== 'string') {
    return undefined
  }
  const inside = innermost(event)
  const outer =
    inside.IP === event.IP && inside.IPv6 === event.IPv6
      ? ''
      : formatEndpoints({ ...event, RecentDomainSrc: '', RecentDomainDst: '' })
  return {
    time: clockTime(timestamp),
    action,
    prefix: prefix.trim(),
    devices: formatDevices(textOf(event.InDev), textOf(event.OutDev)),
    protocol: protocolOf(inside),
    endpoints: formatEndpoints(inside),
    details: [...describeLayers(inside), ...(outer === '' ? [] : [`through ${outer}`]), ...describeProblem(event)]
  }
}

function formatEndpoints(event: Unchecked<PacketInfo>): string {
  const layers: Readonly<Record<string, unknown>> = event
  const network = objectOf<Ipv4Info>(event.IP) ?? objectOf<Ipv6Info>(event.IPv6) ?? objectOf<Ipv4Info>(layers['ARP'])
  if (!network) return ''
  const transport = layers['TCP'] ?? layers['UDP'] ?? layers['SCTP'] ?? layers['UDPLite']
  const ports = objectOf<TcpInfo>(transport)
  const source = formatEndpoint(textOf(network.SrcIP), ports?.SrcPort, textOf(event.RecentDomainSrc))
  const destination = formatEndpoint(textOf(network.DstIP), ports?.DstPort, textOf(event.RecentDomainDst))
  return source === '' && destination === '' ? '' : `${source} → ${destination}`
}

function formatEndpoint(address: string, port: unknown, name: string): string {
  const bracketed = typeof port === 'number' && address.includes(':') ? `[${address}]` : address
  const endpoint = typeof port === 'number' ? `${bracketed}:${port}` : bracketed
  return name === '' ? endpoint : `${endpoint} (${name})`
}

function formatDevices(inDevice: string, outDevice: string): string {
  if (inDevice === '') return outDevice === '' ? '' : `→${outDevice}`
  return outDevice === '' ? inDevice : `${inDevice}→${outDevice}`
}

/** `2023-11-14T22:13:20.123456Z` → `22:13:20.123`; the date and zone are the same all over a screen. */
function clockTime(timestamp: string): string {
  const [, clock, fraction = ''] = /T(\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(timestamp) ?? []
  return clock === undefined ? timestamp : `${clock}.${fraction.slice(0, 3).padEnd(3, '0')}`
}

function protocolOf(event: Unchecked<PacketInfo>): string {
  const layers: Readonly<Record<string, unknown>> = event
  const named = NAMED_LAYERS.find(name => objectOf(layers[name]) !== undefined)
  if (named !== undefined) return named
  const number = objectOf<Ipv4Info>(event.IP)?.Protocol ?? objectOf<Ipv6Info>(event.IPv6)?.Protocol
  return typeof number === 'number' ? protocolName(number) : ''
}

function describeProblem(event: Unchecked<PacketInfo>): string[] {
  const error = objectOf<NonNullable<PacketInfo['DecodeError']>>(event.DecodeError)
  if (error === undefined) return []
  return [`cannot be decoded: ${textOf(error.Layer)} ${textOf(error.Reason)}`.trimEnd()]
}
