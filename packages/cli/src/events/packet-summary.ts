import type {
  DhcpInfo,
  DnsInfo,
  DnsQuestionInfo,
  DnsRecordInfo,
  IcmpInfo,
  Ipv4Info,
  Ipv6Info,
  PacketInfo,
  TcpInfo
} from '@packet-logs/decoder'
import { dnsResponseName, dnsTypeName, icmpTypeName, icmpv6TypeName, protocolName } from './protocol-names.js'

/** An object from the bus, where anybody may have written anything: the keys are PacketInfo's, the values unchecked. */
type Unchecked<T> = { readonly [Key in keyof T]?: unknown }

/** What one line says about a packet. Texts come from the network and are not yet safe to print. */
export interface PacketSummary {
  /** Clock time with milliseconds, in the zone the packet was stamped in. */
  time: string
  action: string
  prefix: string
  /** `lan0→wan0`, or the one device that is known. */
  devices: string
  protocol: string
  /** `address:port → address:port`, IPv6 addresses in brackets; empty when there is no IP header. */
  endpoints: string
  /** What is known beyond: DNS names, TCP flags, ICMP type, decoding errors. */
  details: readonly string[]
}

const tcpFlags = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG'] as const
const maxDnsRecords = 3

/** Reads SPR's JSON for a packet, ours with its added keys or the original; `undefined` for any other value. */
export function summarisePacket(value: unknown): PacketSummary | undefined {
  const event = unchecked<PacketInfo>(value)
  const { Prefix: prefix, Action: action, Timestamp: timestamp } = event ?? {}
  if (!event || typeof prefix !== 'string' || typeof action !== 'string' || typeof timestamp !== 'string') {
    return undefined
  }
  return {
    time: clockTime(timestamp),
    action,
    prefix: prefix.trim(),
    devices: formatDevices(text(event.InDev), text(event.OutDev)),
    protocol: protocolOf(event),
    endpoints: formatEndpoints(event),
    details: [...describeLayers(event), ...describeProblem(event)]
  }
}

function formatEndpoints(event: Unchecked<PacketInfo>): string {
  const ip = unchecked<Ipv4Info | Ipv6Info>(event.IP) ?? unchecked<Ipv6Info>(event.IPv6)
  if (!ip) return ''
  const ports = unchecked<TcpInfo>(event.TCP) ?? unchecked<TcpInfo>(event.UDP)
  const source = formatEndpoint(text(ip.SrcIP), ports?.SrcPort, text(event.RecentDomainSrc))
  const destination = formatEndpoint(text(ip.DstIP), ports?.DstPort, text(event.RecentDomainDst))
  return `${source} → ${destination}`
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
  if (unchecked(event.DNS)) return 'DNS'
  if (unchecked(event.DHCP)) return 'DHCP'
  const number = unchecked<Ipv4Info>(event.IP)?.Protocol ?? unchecked<Ipv6Info>(event.IPv6)?.Protocol
  return typeof number === 'number' ? protocolName(number) : ''
}

function describeLayers(event: Unchecked<PacketInfo>): string[] {
  const dns = unchecked<DnsInfo>(event.DNS)
  if (dns) return describeDns(dns)
  const tcp = unchecked<TcpInfo>(event.TCP)
  if (tcp) return [tcpFlags.filter(flag => tcp[flag] === true).join(' ')].filter(flags => flags !== '')
  const dhcp = unchecked<DhcpInfo>(event.DHCP)
  if (dhcp) return [dhcp.Operation === 2 ? 'reply' : 'request']
  return [...describeIcmp(event.ICMPv4, icmpTypeName), ...describeIcmp(event.ICMPv6, icmpv6TypeName)]
}

function describeIcmp(layer: unknown, typeName: (type: number) => string): string[] {
  const icmp = unchecked<IcmpInfo & { TargetAddress: string }>(layer)
  if (typeof icmp?.Type !== 'number') return []
  const words = [typeName(icmp.Type)]
  if (typeof icmp.Code === 'number' && icmp.Code !== 0) words.push(`code ${icmp.Code}`)
  if (typeof icmp.Seq === 'number') words.push(`seq ${icmp.Seq}`)
  if (typeof icmp.TargetAddress === 'string') words.push(icmp.TargetAddress)
  return [words.join(' ')]
}

function describeDns(dns: Unchecked<DnsInfo>): string[] {
  const questions = list<DnsQuestionInfo>(dns.Questions).map(({ Name: name, Type: type }) => {
    return `${base64Text(name)} ${typeof type === 'number' ? dnsTypeName(type) : '?'}`
  })
  if (dns.QR !== true) return questions.map(question => `? ${question}`)
  const code = dns.ResponseCode
  if (typeof code === 'number' && code !== 0) return [...questions, dnsResponseName(code)]
  const answers = list<DnsRecordInfo>(dns.Answers)
  const shown = answers.slice(0, maxDnsRecords).map(describeAnswer)
  if (answers.length > maxDnsRecords) shown.push(`and ${answers.length - maxDnsRecords} more`)
  return shown.length > 0 ? [...questions, `= ${shown.join(', ')}`] : questions
}

function describeAnswer(record: Unchecked<DnsRecordInfo>): string {
  for (const value of [text(record.IP), base64Text(record.CNAME), base64Text(record.PTR), base64Text(record.NS)]) {
    if (value !== '') return value
  }
  return typeof record.Type === 'number' ? dnsTypeName(record.Type) : '?'
}

function describeProblem(event: Unchecked<PacketInfo>): string[] {
  const error = unchecked<NonNullable<PacketInfo['DecodeError']>>(event.DecodeError)
  return error ? [`cannot be decoded: ${text(error.Layer)} ${text(error.Reason)}`.trimEnd()] : []
}

/** Names inside DNS are base64 in this JSON, because Go writes bytes that way. */
function base64Text(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : ''
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function list<T>(value: unknown): Unchecked<T>[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : []
  return members.map(member => unchecked<T>(member)).filter(member => member !== undefined)
}

function unchecked<T>(value: unknown): Unchecked<T> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
