import { communityId, decodePacket, type Icmpv4Info, type MetaInfo } from '@packet-logs/decoder'
import { addressBytes } from './ip-address.js'
import type { PacketFacts } from './read-packet.js'
import { countOf, objectOf, textOf } from './unchecked.js'

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
/** The longest header that ports are looked for in: TCP's. */
const TRANSPORT_BYTES = 20
const ETHER_TYPE_IPV4 = 0x0800
const ETHER_TYPE_IPV6 = 0x86dd

interface PortedOrIcmp {
  SrcPort: number
  DstPort: number
  Type: number
  Code: number
}
const OTHER_KEYS = ['SrcPort', 'DstPort', 'Type', 'Code'] as const

/** Flows whose ID is remembered: most packets belong to one that was just seen. */
const REMEMBERED = 4096
const known = new Map<string, string | undefined>()

/** Community ID v1 of the packet's flow: the event's own, else from its addresses and ports. */
export function communityIdOf(facts: PacketFacts): string | undefined {
  const told = textOf(objectOf<MetaInfo>(facts.event.Meta)?.CommunityId)
  if (told !== '') return told
  const flow = flowOf(facts)
  const id = known.get(flow)
  if (id !== undefined || known.has(flow)) return id
  if (known.size >= REMEMBERED) known.clear()
  const header = writeHeader(facts)
  const computed = header && communityId(decodePacket(header, header[0] === 0x45 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6))
  known.set(flow, computed)
  return computed
}

/** Everything an ID is made of. */
function flowOf({ source, destination, protocol, tcp, udp, ip, event }: PacketFacts): string {
  const ported = tcp ?? udp
  const ends = `${source} ${destination} ${protocol} ${countOf(ip.FragOffset)}`
  if (ported) return `${ends} ${countOf(ported.SrcPort)} ${countOf(ported.DstPort)}`
  const other = objectOf<PortedOrIcmp>(event.SCTP ?? event.ICMPv4 ?? event.ICMPv6)
  return other === undefined ? ends : `${ends} ${OTHER_KEYS.map(key => countOf(other[key])).join(' ')}`
}

/** The least of a packet that tells its flow: the decoder then knows what an ID is made of. */
function writeHeader(facts: PacketFacts): Uint8Array | undefined {
  const source = addressBytes(facts.source)
  const destination = addressBytes(facts.destination)
  if (source === undefined || destination?.length !== source.length || facts.protocol === undefined) return undefined
  const isIpv4 = source.length === 4
  // Ports of a later fragment are somebody's data.
  if (isIpv4 && countOf(facts.ip.FragOffset) !== 0) return undefined
  const ipBytes = isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES
  const packet = new Uint8Array(ipBytes + TRANSPORT_BYTES)
  packet[0] = isIpv4 ? 0x45 : 0x60
  packet[isIpv4 ? 3 : 5] = isIpv4 ? packet.length : TRANSPORT_BYTES
  packet[isIpv4 ? 9 : 6] = facts.protocol
  packet.set(source, isIpv4 ? 12 : 8)
  packet.set(destination, isIpv4 ? 16 : 24)
  return writeTransport(facts, packet, ipBytes) ? packet : undefined
}

function writeTransport({ tcp, udp, event }: PacketFacts, packet: Uint8Array, at: number): boolean {
  const ported = tcp ?? udp ?? objectOf<{ SrcPort: number; DstPort: number }>(event.SCTP)
  const icmp = objectOf<Icmpv4Info>(event.ICMPv4 ?? event.ICMPv6)
  if (ported !== undefined) {
    const [source, destination] = [countOf(ported.SrcPort), countOf(ported.DstPort)]
    if (source === undefined || destination === undefined) return false
    packet.set([source >> 8, source, destination >> 8, destination], at)
    // A header of five words, or a datagram of that length.
    if (tcp) packet[at + 12] = 0x50
    else packet[at + 5] = TRANSPORT_BYTES
    return true
  }
  if (icmp === undefined) return true
  packet.set([countOf(icmp.Type) ?? 0, countOf(icmp.Code) ?? 0], at)
  return true
}
