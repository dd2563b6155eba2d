import type {
  DnsInfo,
  DnsQuestionInfo,
  EthernetInfo,
  InnerInfo,
  Ipv4Info,
  Ipv6Info,
  PacketInfo,
  TcpInfo,
  UdpInfo
} from '@packet-logs/decoder'
import { parseTimestamp, type Timestamp } from './timestamp.js'
import { countOf, listOf, objectOf, textOf, type Unchecked } from './unchecked.js'

const TCP = 6
const UDP = 17
const IPV6_HEADER_BYTES = 40

/** A name that somebody asked for. */
export interface Question {
  name: string
  type: number
}

/** What is known of a packet, whatever IP version it has and whoever published it. */
export interface PacketFacts {
  event: Unchecked<PacketInfo>
  time: Timestamp
  /** As logged, without blanks around it. */
  prefix: string
  action: string
  /** 4, 6, or `undefined` without an IP header. */
  ipVersion: 4 | 6 | undefined
  source: string
  destination: string
  /** Of the whole packet in bytes, from the IP header on. */
  length: number | undefined
  /** IANA's number. */
  protocol: number | undefined
  tcp: Unchecked<TcpInfo> | undefined
  udp: Unchecked<UdpInfo> | undefined
  ip: Unchecked<Ipv4Info> & Unchecked<Ipv6Info>
  ethernet: Unchecked<EthernetInfo> | undefined
  dns: Unchecked<DnsInfo> | undefined
}

/** Reads an event of a packet; `undefined` when it is none. Never throws, whatever was published. */
export function readPacket(value: string): PacketFacts | undefined {
  const event = parseObject(value)
  if (event === undefined || typeof event.Prefix !== 'string') return undefined
  const time = parseTimestamp(textOf(event.Timestamp))
  if (time === undefined) return undefined
  const ipv4 = objectOf<Ipv4Info>(event.IP)
  const ipv6 = objectOf<Ipv6Info>(event.IPv6)
  const tcp = objectOf<TcpInfo>(event.TCP)
  const udp = objectOf<UdpInfo>(event.UDP)
  const ip = ipv4 ?? ipv6 ?? {}
  return {
    event,
    time,
    prefix: event.Prefix.trim(),
    action: textOf(event.Action),
    ipVersion: ipv4 ? 4 : ipv6 ? 6 : undefined,
    source: textOf(ip.SrcIP),
    destination: textOf(ip.DstIP),
    length: lengthOf(ipv4, ipv6),
    protocol: tcp ? TCP : udp ? UDP : countOf(ip.Protocol),
    tcp,
    udp,
    ip,
    ethernet: objectOf<EthernetInfo>(event.Ethernet),
    dns: objectOf<DnsInfo>(event.DNS)
  }
}

/** The questions of a DNS message, names as text. */
export function questionsOf(dns: Unchecked<DnsInfo> | undefined): readonly Question[] {
  if (dns === undefined) return []
  return listOf<DnsQuestionInfo>(dns.Questions).map(({ Name, Type }) => ({
    name: Buffer.from(textOf(Name), 'base64').toString('utf8'),
    type: countOf(Type) ?? 0
  }))
}

/** IPv6 tells the length behind its header. */
function lengthOf(ipv4: Unchecked<Ipv4Info> | undefined, ipv6: Unchecked<Ipv6Info> | undefined): number | undefined {
  if (ipv4) return countOf(ipv4.Length)
  const behind = countOf(ipv6?.Length)
  return behind === undefined ? undefined : behind + IPV6_HEADER_BYTES
}

function parseObject(text: string): Unchecked<PacketInfo & InnerInfo> | undefined {
  try {
    return objectOf<PacketInfo>(JSON.parse(text))
  } catch {
    return undefined
  }
}
