import { dhcpMessageName, dnsResponseName, dnsTypeName, icmpTypeName, icmpv6TypeName } from '../../tables/names.js'
import type {
  DhcpInfo,
  DnsInfo,
  DnsQuestionInfo,
  DnsRecordInfo,
  IcmpInfo,
  PacketInfo,
  TcpInfo
} from '../packet-info/packet-info.js'
import type { Unchecked } from '../unchecked.js'
import { bytesOf, bytesText, listOf, numberOf, objectOf, textOf, textsOf } from '../unchecked.js'

const TCP_FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG'] as const
const MAX_DNS_RECORDS = 3
const DHCP_MESSAGE_TYPE = 53
const DHCP_HOST_NAME = 12
const DHCP_REQUESTED_ADDRESS = 50
const ARP_REPLY = 2

/** What is known of a packet beyond its addresses, from its innermost layer. */
export function describeLayers(event: Unchecked<PacketInfo>): string[] {
  const layers: Readonly<Record<string, unknown>> = event
  const dns = objectOf<DnsInfo>(event.DNS)
  if (dns) return describeDns(dns, bytesText)
  // Among neighbours names are text: Go never wrote these.
  const local = objectOf<DnsInfo>(event.MDNS ?? event.LLMNR)
  if (local) return describeDns(local, textOf)
  const server = describeServer(layers)
  if (server.length > 0) return server
  const tcp = objectOf<TcpInfo>(event.TCP)
  if (tcp) return [TCP_FLAGS.filter(flag => tcp[flag] === true).join(' ')].filter(flags => flags !== '')
  const dhcp = objectOf<DhcpInfo>(event.DHCP)
  if (dhcp) return [describeDhcp(dhcp)]
  const arp = objectOf<Record<'Operation' | 'SrcMAC' | 'SrcIP' | 'DstIP', string>>(layers['ARP'])
  if (arp) return [describeArp(arp)]
  return [...describeIcmp(event.ICMPv4, icmpTypeName), ...describeIcmp(event.ICMPv6, icmpv6TypeName)]
}

/** Who is asked for, in the protocols that tell before they encrypt, or never do. */
function describeServer(layers: Readonly<Record<string, unknown>>): string[] {
  const hello = objectOf<{ SNI: string; ALPN: string[] }>(layers['TLS'] ?? layers['QUIC'])
  const name = textOf(hello?.SNI)
  if (name !== '') return [[name, ...textsOf(hello?.ALPN)].join(' ')]
  const http = objectOf<Record<'Method' | 'Target' | 'Host' | 'Status', string>>(layers['HTTP'])
  const words = [textOf(http?.Method), textOf(http?.Host) + textOf(http?.Target), String(numberOf(http?.Status) ?? '')]
  const line = words.filter(word => word !== '').join(' ')
  return line === '' ? [] : [line]
}

function describeIcmp(layer: unknown, typeName: (type: number) => string): string[] {
  const icmp = objectOf<IcmpInfo & { TargetAddress: string; Gateway: string }>(layer)
  if (typeof icmp?.Type !== 'number') return []
  const words = [typeName(icmp.Type)]
  if (typeof icmp.Code === 'number' && icmp.Code !== 0) words.push(`code ${icmp.Code}`)
  if (typeof icmp.Seq === 'number') words.push(`seq ${icmp.Seq}`)
  if (typeof icmp.MTU === 'number') words.push(`MTU ${icmp.MTU}`)
  words.push(textOf(icmp.TargetAddress), textOf(icmp.Gateway))
  return [words.filter(word => word !== '').join(' ')]
}

function describeArp({ Operation, SrcMAC, SrcIP, DstIP }: Unchecked<Record<string, string>>): string {
  return Operation === ARP_REPLY ? `${textOf(SrcIP)} is at ${textOf(SrcMAC)}` : `who has ${textOf(DstIP)}`
}

function describeDhcp(dhcp: Unchecked<DhcpInfo>): string {
  const options = listOf<{ Type: number; Data: string }>(dhcp.Options)
  const dataOf = (wanted: number): Uint8Array => bytesOf(options.find(({ Type }) => Type === wanted)?.Data)
  const operation = dhcp.Operation === 2 ? 'reply' : 'request'
  const words = [dhcpMessageName(dataOf(DHCP_MESSAGE_TYPE)[0] ?? 0) ?? operation]
  const assigned = textOf(dhcp.YourClientIP)
  const requested = dataOf(DHCP_REQUESTED_ADDRESS)
  if (assigned !== '' && assigned !== '0.0.0.0') words.push(assigned)
  else if (requested.length === 4) words.push(requested.join('.'))
  const host = dataOf(DHCP_HOST_NAME)
  if (host.length > 0) words.push(`(${new TextDecoder().decode(host)})`)
  return words.join(' ')
}

function describeDns(dns: Unchecked<DnsInfo>, nameOf: (value: unknown) => string): string[] {
  const questions = listOf<DnsQuestionInfo>(dns.Questions).map(({ Name: name, Type: type }) => {
    return `${nameOf(name)} ${typeof type === 'number' ? dnsTypeName(type) : '?'}`
  })
  if (dns.QR !== true) return questions.map(question => `? ${question}`)
  const code = dns.ResponseCode
  if (typeof code === 'number' && code !== 0) return [...questions, dnsResponseName(code)]
  const answers = listOf<DnsRecordInfo>(dns.Answers)
  const shown = answers.slice(0, MAX_DNS_RECORDS).map(answer => describeAnswer(answer, nameOf))
  if (answers.length > MAX_DNS_RECORDS) shown.push(`and ${answers.length - MAX_DNS_RECORDS} more`)
  return shown.length > 0 ? [...questions, `= ${shown.join(', ')}`] : questions
}

function describeAnswer(record: Unchecked<DnsRecordInfo>, nameOf: (value: unknown) => string): string {
  for (const value of [textOf(record.IP), nameOf(record.CNAME), nameOf(record.PTR), nameOf(record.NS)]) {
    if (value !== '') return value
  }
  return typeof record.Type === 'number' ? dnsTypeName(record.Type) : '?'
}
