import { toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { protocolName } from '../../tables/names.js'
import { innermost } from '../innermost.js'
import type { IcmpInfo, Ipv4Info, Ipv6Info, MetaInfo, PacketInfo, TcpInfo } from '../packet-info/packet-info.js'
import { isLoggedPacket } from '../summary/index.js'
import type { Unchecked } from '../unchecked.js'
import { bytesOf, numberOf, objectOf, textOf } from '../unchecked.js'
import { describeApplication } from './application.js'
import { dropOf, tcpOf } from './drop.js'
import type { EveEvent } from './event.js'

export interface EveOptions {
  /** Seed of `community_id` for packets; of an event it is what the event says. Default 0. */
  readonly communityIdSeed?: number
}

const TCP = 6
const UDP = 17
/** What Suricata calls protocols whose name in the registry is another. */
const EVE_PROTOCOLS: ReadonlyMap<number, string> = new Map([[58, 'IPv6-ICMP']])
const HEAD_OF_DIGEST_BYTES = 6

/**
 * A packet as one line of Suricata's EVE JSON. Takes a packet that was logged, or its event.
 * @throws RangeError when the seed is out of range
 */
export function formatEve(packet: LoggedPacket | PacketInfo, options?: EveOptions): string {
  return JSON.stringify(toEve(packet, options))
}

/** The same as an object. */
export function toEve(packet: LoggedPacket | PacketInfo, options: EveOptions = {}): EveEvent {
  const event = innermost(
    isLoggedPacket(packet) ? toPacketInfo(packet, { payload: 0, communityId: options.communityIdSeed ?? 0 }) : packet
  )
  const layers: Readonly<Record<string, unknown>> = event
  const meta = objectOf<MetaInfo>(event.Meta)
  const ip = objectOf<Ipv4Info>(event.IP) ?? objectOf<Ipv6Info>(event.IPv6)
  const ends = ip ?? objectOf<Ipv4Info>(layers['ARP'])
  const ports = objectOf<TcpInfo>(event.TCP ?? event.UDP ?? layers['SCTP'])
  const icmp = objectOf<IcmpInfo>(event.ICMPv4 ?? event.ICMPv6)
  const communityId = textOf(meta?.CommunityId)
  const vlan = numberOf(objectOf<{ Tci: number }>(meta?.Vlan)?.Tci)
  const application = describeApplication(layers)
  const isDrop = event.Action === 'blocked'
  return {
    timestamp: eveTime(textOf(event.Timestamp)),
    ...(communityId !== '' && { flow_id: flowId(communityId) }),
    ...text('in_iface', event.InDev),
    event_type: isDrop ? 'drop' : (application?.type ?? 'packet'),
    ...(vlan !== undefined && { vlan: [vlan & 0xfff] }),
    ...text('src_ip', ends?.SrcIP),
    ...number('src_port', ports?.SrcPort),
    ...text('dest_ip', ends?.DstIP),
    ...number('dest_port', ports?.DstPort),
    ...text('proto', protocolOf(event, ip)),
    ...number('icmp_type', icmp?.Type),
    ...number('icmp_code', icmp?.Code),
    ...(communityId !== '' && { community_id: communityId }),
    ...(application !== undefined && application.type !== 'arp' && { app_proto: application.type }),
    ...etherOf(event),
    alert: alertOf(event, meta),
    ...(isDrop && ip !== undefined && { drop: dropOf(event) }),
    ...tcpOf(event),
    ...application?.object
  }
}

function text<K extends keyof EveEvent>(key: K, value: unknown): { [P in K]?: string } {
  return textOf(value) === '' ? {} : ({ [key]: value } as { [P in K]?: string })
}

function number<K extends keyof EveEvent>(key: K, value: unknown): { [P in K]?: number } {
  return numberOf(value) === undefined ? {} : ({ [key]: value } as { [P in K]?: number })
}

/** `2023-11-14T22:13:20.12Z` → `2023-11-14T22:13:20.120000+0000`; a zone is kept. */
function eveTime(timestamp: string): string {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(timestamp)
  if (parts === null) return timestamp
  const [, clock = '', fraction = '', zone = 'Z'] = parts
  return `${clock}.${fraction.slice(0, 6).padEnd(6, '0')}${zone === 'Z' ? '+0000' : zone.replace(':', '')}`
}

/** The first 48 bits of the flow's hash: a number JSON keeps exactly. */
function flowId(communityId: string): number {
  return bytesOf(communityId.slice(communityId.indexOf(':') + 1))
    .subarray(0, HEAD_OF_DIGEST_BYTES)
    .reduce((id, byte) => id * 256 + byte, 0)
}

function protocolOf(event: Unchecked<PacketInfo>, ip: Unchecked<Ipv4Info | Ipv6Info> | undefined): string {
  if (ip === undefined) return ''
  // Of a tunnel the number is the outer one's: the layers say what is really there.
  const protocol = event.TCP !== undefined ? TCP : event.UDP !== undefined ? UDP : numberOf(ip.Protocol)
  if (protocol === undefined) return ''
  const name = EVE_PROTOCOLS.get(protocol) ?? protocolName(protocol)
  return name.includes(' ') ? String(protocol).padStart(3, '0') : name
}

function etherOf(event: Unchecked<PacketInfo>): Pick<EveEvent, 'ether'> {
  const ethernet = objectOf<NonNullable<PacketInfo['Ethernet']>>(event.Ethernet)
  const source = textOf(ethernet?.SrcMAC)
  return source === '' ? {} : { ether: { src_mac: source, dest_mac: textOf(ethernet?.DstMAC) } }
}

function alertOf(event: Unchecked<PacketInfo>, meta: Unchecked<MetaInfo> | undefined): EveEvent['alert'] {
  const rule = objectOf<{ Name: string; Id: string }>(meta?.Rule)
  const signature = textOf(rule?.Name) || textOf(event.Prefix).trim()
  const id = /^\d{1,15}$/.test(textOf(rule?.Id)) ? Number(rule?.Id) : undefined
  return { action: textOf(event.Action), signature, ...(id !== undefined && { signature_id: id }) }
}
