import { dnsResponseName, dnsTypeName, icmpTypeName, protocolName } from './protocol-names.js'

type JsonObject = Readonly<Record<string, unknown>>

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
  const event = asObject(value)
  const { Prefix: prefix, Action: action, Timestamp: timestamp } = event ?? {}
  if (!event || typeof prefix !== 'string' || typeof action !== 'string' || typeof timestamp !== 'string')
    return undefined
  const ip = asObject(event['IP']) ?? asObject(event['IPv6'])
  const transport = asObject(event['TCP']) ?? asObject(event['UDP'])
  return {
    time: clockTime(timestamp),
    action,
    prefix: prefix.trim(),
    devices: formatDevices(text(event, 'InDev'), text(event, 'OutDev')),
    protocol: protocolOf(event),
    endpoints: ip ? formatEndpoints(event, ip, transport) : '',
    details: [...describeLayers(event), ...describeProblem(event)]
  }
}

function formatEndpoints(event: JsonObject, ip: JsonObject, transport: JsonObject | undefined): string {
  const source = formatEndpoint(text(ip, 'SrcIP'), transport?.['SrcPort'], text(event, 'RecentDomainSrc'))
  const destination = formatEndpoint(text(ip, 'DstIP'), transport?.['DstPort'], text(event, 'RecentDomainDst'))
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

function protocolOf(event: JsonObject): string {
  for (const [key, name] of [
    ['DNS', 'DNS'],
    ['DHCP', 'DHCP'],
    ['TCP', 'TCP'],
    ['UDP', 'UDP'],
    ['ICMPv4', 'ICMP'],
    ['ICMPv6', 'ICMPv6'],
    ['ARP', 'ARP']
  ] as const) {
    if (asObject(event[key])) return name
  }
  const ipv4 = asObject(event['IP'])
  const ipv6 = asObject(event['IPv6'])
  const number = ipv4?.['Protocol'] ?? ipv6?.['Protocol'] ?? ipv6?.['NextHeader']
  return typeof number === 'number' ? protocolName(number) : ''
}

function describeLayers(event: JsonObject): string[] {
  const dns = asObject(event['DNS'])
  if (dns) return describeDns(dns)
  const tcp = asObject(event['TCP'])
  if (tcp) return [tcpFlags.filter(flag => tcp[flag] === true).join(' ')].filter(flags => flags !== '')
  const dhcp = asObject(event['DHCP'])
  if (dhcp) return [dhcp['Operation'] === 2 ? 'reply' : 'request']
  for (const [key, version] of [
    ['ICMPv4', 4],
    ['ICMPv6', 6]
  ] as const) {
    const icmp = asObject(event[key])
    if (icmp) return describeIcmp(icmp, version)
  }
  return []
}

function describeIcmp(icmp: JsonObject, version: 4 | 6): string[] {
  const { Type: type, Code: code, Seq: seq, Target: target } = icmp
  if (typeof type !== 'number') return []
  const words = [icmpTypeName(version, type)]
  if (typeof code === 'number' && code !== 0) words.push(`code ${code}`)
  if (typeof seq === 'number') words.push(`seq ${seq}`)
  if (typeof target === 'string') words.push(target)
  return [words.join(' ')]
}

function describeDns(dns: JsonObject): string[] {
  const details = list(dns['Questions']).map(question => {
    const type = question['Type']
    return `${base64Text(question['Name'])} ${typeof type === 'number' ? dnsTypeName(type) : '?'}`
  })
  if (dns['QR'] !== true) return details.map(question => `? ${question}`)
  const code = dns['ResponseCode']
  if (typeof code === 'number' && code !== 0) details.push(dnsResponseName(code))
  const answers = list(dns['Answers'])
  const shown = answers.slice(0, maxDnsRecords).map(describeAnswer)
  if (answers.length > maxDnsRecords) shown.push(`and ${answers.length - maxDnsRecords} more`)
  return shown.length > 0 ? [...details, `= ${shown.join(', ')}`] : details
}

function describeAnswer(record: JsonObject): string {
  const address = text(record, 'IP')
  if (address !== '') return address
  for (const key of ['CNAME', 'PTR', 'NS']) {
    const name = base64Text(record[key])
    if (name !== '') return name
  }
  const type = record['Type']
  return typeof type === 'number' ? dnsTypeName(type) : '?'
}

function describeProblem(event: JsonObject): string[] {
  const error = asObject(event['DecodeError'])
  return error ? [`cannot be decoded: ${text(error, 'Layer')} ${text(error, 'Reason')}`.trimEnd()] : []
}

/** Names inside DNS are base64 in this JSON, because Go writes bytes that way. */
function base64Text(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : ''
}

function text(object: JsonObject, key: string): string {
  const value = object[key]
  return typeof value === 'string' ? value : ''
}

function list(value: unknown): JsonObject[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : []
  return members.map(asObject).filter(member => member !== undefined)
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}
