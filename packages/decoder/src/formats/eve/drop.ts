import type { IcmpInfo, Ipv4Info, Ipv6Info, PacketInfo, TcpInfo } from '../packet-info/packet-info.js'
import type { Unchecked } from '../unchecked.js'
import { numberOf, objectOf } from '../unchecked.js'
import type { EveDrop, EveEvent, EveTcpFlags } from './event.js'

const FLAGS = ['syn', 'ack', 'psh', 'rst', 'urg', 'fin'] as const
/** FIN lowest, as on the wire. */
const FLAG_BITS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const
const IPV6_HEADER_BYTES = 40

/** Header fields of a packet that was not let through. */
export function dropOf(event: Unchecked<PacketInfo>): EveDrop {
  const ipv4 = objectOf<Ipv4Info>(event.IP)
  const ipv6 = objectOf<Ipv6Info>(event.IPv6)
  const tcp = objectOf<TcpInfo>(event.TCP)
  const icmp = objectOf<IcmpInfo>(event.ICMPv4 ?? event.ICMPv6)
  const payloadBytes = numberOf(ipv6?.Length)
  return {
    ...numbers({
      len: ipv4?.Length ?? (payloadBytes === undefined ? undefined : payloadBytes + IPV6_HEADER_BYTES),
      tos: ipv4?.TOS ?? ipv6?.TrafficClass,
      ttl: ipv4?.TTL ?? ipv6?.HopLimit,
      ipid: ipv4?.Id,
      tcpseq: tcp?.Seq,
      tcpack: tcp?.Ack,
      tcpwin: tcp?.Window,
      tcpurgp: tcp?.Urgent,
      icmp_id: icmp?.Id,
      icmp_seq: icmp?.Seq
    }),
    ...flagsOf(tcp),
    reason: 'rules'
  }
}

export function tcpOf(event: Unchecked<PacketInfo>): Pick<EveEvent, 'tcp'> {
  const tcp = objectOf<TcpInfo>(event.TCP)
  if (tcp === undefined) return {}
  const bits = FLAG_BITS.reduce((flags, name, bit) => flags | (tcp[name] === true ? 1 << bit : 0), 0)
  return { tcp: { tcp_flags: bits.toString(16).padStart(2, '0'), ...trueFlags(tcp) } }
}

function flagsOf(tcp: Unchecked<TcpInfo> | undefined): EveTcpFlags {
  if (tcp === undefined) return {}
  return Object.fromEntries(FLAGS.map(flag => [flag, isSet(tcp, flag)]))
}

/** Suricata's `tcp` object names the flags that are set and no other. */
function trueFlags(tcp: Unchecked<TcpInfo>): EveTcpFlags {
  return Object.fromEntries(FLAGS.filter(flag => isSet(tcp, flag)).map(flag => [flag, true]))
}

function isSet(tcp: Unchecked<TcpInfo>, flag: (typeof FLAGS)[number]): boolean {
  return tcp[flag.toUpperCase() as Uppercase<typeof flag>] === true
}

function numbers<K extends string>(values: { readonly [P in K]: unknown }): { [P in K]?: number } {
  const known = Object.entries(values).filter(([, value]) => numberOf(value) !== undefined)
  return Object.fromEntries(known) as { [P in K]?: number }
}
