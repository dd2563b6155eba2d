import { dhcpMessageName, dnsResponseName, dnsTypeName } from '../../tables/names.js'
import type { DhcpInfo, DnsInfo, DnsQuestionInfo, DnsRecordInfo } from '../packet-info/packet-info.js'
import type { Unchecked } from '../unchecked.js'
import { bytesOf, bytesText, listOf, numberOf, objectOf, textOf, textsOf } from '../unchecked.js'
import type { EveDhcp, EveDns, EveDnsAnswer, EveEvent } from './event.js'

interface Application {
  readonly type: Exclude<EveEvent['event_type'], 'drop' | 'packet'>
  readonly object: Partial<EveEvent>
}

type Layers = Readonly<Record<string, unknown>>

/** RFC 2132: options of DHCP that EVE shows. */
const SUBNET_MASK = 1
const ROUTERS = 3
const DNS_SERVERS = 6
const HOST_NAME = 12
const LEASE_TIME = 51
const MESSAGE_TYPE = 53
const MAC_BYTES = 6
const PORT_OF_HOST = /:(\d{1,5})$/
const NO_ADDRESS = '0.0.0.0'

const TLS_VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0300, 'SSLv3'],
  [0x0301, 'TLSv1'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3']
])

/** What EVE has an object of its own for, the innermost of them. */
export function describeApplication(layers: Layers): Application | undefined {
  const dns = objectOf<DnsInfo>(layers['DNS'])
  if (dns) return { type: 'dns', object: { dns: dnsOf(dns) } }
  const dhcp = objectOf<DhcpInfo>(layers['DHCP'])
  if (dhcp) return { type: 'dhcp', object: { dhcp: dhcpOf(dhcp) } }
  const tls = objectOf<Record<'SNI' | 'Version' | 'ALPN' | 'JA4', unknown>>(layers['TLS'])
  if (tls) return { type: 'tls', object: { tls: tlsOf(tls) } }
  const http = objectOf<Record<string, unknown>>(layers['HTTP'])
  if (http) return { type: 'http', object: { http: httpOf(http) } }
  const quic = objectOf<Record<'SNI' | 'Version' | 'JA4', unknown>>(layers['QUIC'])
  if (quic) return { type: 'quic', object: { quic: quicOf(quic) } }
  const arp = objectOf<Record<string, unknown>>(layers['ARP'])
  if (arp) return { type: 'arp', object: { arp: arpOf(arp) } }
  return undefined
}

function dnsOf(dns: Unchecked<DnsInfo>): EveDns {
  const isAnswer = dns.QR === true
  const [question] = listOf<DnsQuestionInfo>(dns.Questions)
  const answers = listOf<DnsRecordInfo>(dns.Answers).map(answerOf)
  return {
    version: 2,
    type: isAnswer ? 'answer' : 'query',
    id: numberOf(dns.ID) ?? 0,
    ...(isAnswer && { flags: dnsFlags(dns), qr: true }),
    ...(dns.AA === true && { aa: true }),
    ...(dns.RD === true && { rd: true }),
    ...(dns.RA === true && { ra: true }),
    ...(question !== undefined && {
      rrname: bytesText(question.Name),
      rrtype: dnsTypeName(numberOf(question.Type) ?? 0)
    }),
    ...(isAnswer && { rcode: dnsResponseName(numberOf(dns.ResponseCode) ?? 0) }),
    ...(answers.length > 0 && { answers })
  }
}

/** The 16 bits behind the identifier; of the response code the four that stand there. */
function dnsFlags(dns: Unchecked<DnsInfo>): string {
  const bit = (value: unknown, position: number): number => (value === true ? 1 << position : 0)
  const flags =
    bit(dns.QR, 15) |
    (((numberOf(dns.OpCode) ?? 0) & 15) << 11) |
    bit(dns.AA, 10) |
    bit(dns.TC, 9) |
    bit(dns.RD, 8) |
    bit(dns.RA, 7) |
    (((numberOf(dns.Z) ?? 0) & 7) << 4) |
    ((numberOf(dns.ResponseCode) ?? 0) & 15)
  return flags.toString(16).padStart(4, '0')
}

function answerOf(record: Unchecked<DnsRecordInfo>): EveDnsAnswer {
  const names = [record.CNAME, record.NS, record.PTR].map(bytesText)
  const texts = textsOf(record.TXTs).map(bytesText).join('')
  const rdata = [textOf(record.IP), ...names, texts].find(data => data !== '')
  return {
    rrname: bytesText(record.Name),
    rrtype: dnsTypeName(numberOf(record.Type) ?? 0),
    ttl: numberOf(record.TTL) ?? 0,
    ...(rdata !== undefined && { rdata })
  }
}

function dhcpOf(dhcp: Unchecked<DhcpInfo>): EveDhcp {
  const options = listOf<{ Type: number; Data: string }>(dhcp.Options)
  const dataOf = (wanted: number): Uint8Array => bytesOf(options.find(({ Type }) => Type === wanted)?.Data)
  const [mask] = addresses(dataOf(SUBNET_MASK))
  const routers = addresses(dataOf(ROUTERS))
  const servers = addresses(dataOf(DNS_SERVERS))
  const type = dhcpMessageName(dataOf(MESSAGE_TYPE)[0] ?? 0)
  const host = dataOf(HOST_NAME)
  const lease = dataOf(LEASE_TIME)
  const hardware = bytesOf(dhcp.ClientHWAddr)
  return {
    type: dhcp.Operation === 2 ? 'reply' : 'request',
    id: numberOf(dhcp.Xid) ?? 0,
    ...(hardware.length === MAC_BYTES && { client_mac: colons(hardware) }),
    ...address('assigned_ip', dhcp.YourClientIP),
    ...address('client_ip', dhcp.ClientIP),
    ...address('relay_ip', dhcp.RelayAgentIP),
    ...address('next_server_ip', dhcp.NextServerIP),
    ...(type !== undefined && { dhcp_type: type }),
    ...(host.length > 0 && { hostname: new TextDecoder().decode(host) }),
    ...(lease.length === 4 && { lease_time: new DataView(lease.buffer).getUint32(0) }),
    ...(mask !== undefined && { subnet_mask: mask }),
    ...(routers.length > 0 && { routers }),
    ...(servers.length > 0 && { dns_servers: servers })
  }
}

function address<K extends keyof EveDhcp>(key: K, value: unknown): { [P in K]?: string } {
  const text = textOf(value)
  return text === '' || text === NO_ADDRESS ? {} : ({ [key]: text } as { [P in K]?: string })
}

function addresses(data: Uint8Array): string[] {
  return Array.from({ length: Math.floor(data.length / 4) }, (_, index) =>
    data.subarray(index * 4, index * 4 + 4).join('.')
  )
}

function colons(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':')
}

function tlsOf(
  tls: Readonly<Partial<Record<'SNI' | 'Version' | 'ALPN' | 'JA4', unknown>>>
): NonNullable<EveEvent['tls']> {
  const version = TLS_VERSIONS.get(numberOf(tls.Version) ?? 0)
  const alpns = textsOf(tls.ALPN)
  return {
    ...(textOf(tls.SNI) !== '' && { sni: textOf(tls.SNI) }),
    ...(version !== undefined && { version }),
    ...(alpns.length > 0 && { client_alpns: alpns }),
    ...(textOf(tls.JA4) !== '' && { ja4: textOf(tls.JA4) })
  }
}

function httpOf(http: Readonly<Record<string, unknown>>): NonNullable<EveEvent['http']> {
  const status = numberOf(http['Status'])
  const texts = { url: 'Target', http_method: 'Method', http_user_agent: 'UserAgent' }
  const known = Object.entries(texts).map(([key, field]) => [key, textOf(http[field])] as const)
  const host = textOf(http['Host'])
  const port = PORT_OF_HOST.exec(host)?.[1]
  const version = textOf(http['Version'])
  return {
    ...(host !== '' && { hostname: port === undefined ? host : host.slice(0, -port.length - 1) }),
    ...(port !== undefined && { http_port: Number(port) }),
    ...Object.fromEntries(known.filter(([, value]) => value !== '')),
    ...(status !== undefined && { status }),
    ...(version !== '' && { protocol: `HTTP/${version}` })
  }
}

function quicOf(quic: Readonly<Partial<Record<'SNI' | 'Version' | 'JA4', unknown>>>): NonNullable<EveEvent['quic']> {
  return {
    version: String(numberOf(quic.Version) ?? 0),
    ...(textOf(quic.SNI) !== '' && { sni: textOf(quic.SNI) }),
    ...(textOf(quic.JA4) !== '' && { ja4: textOf(quic.JA4) })
  }
}

function arpOf(arp: Readonly<Record<string, unknown>>): NonNullable<EveEvent['arp']> {
  const operation = numberOf(arp['Operation']) ?? 0
  const texts = { src_mac: 'SrcMAC', src_ip: 'SrcIP', dest_mac: 'DstMAC', dest_ip: 'DstIP' }
  const known = Object.entries(texts).map(([key, field]) => [key, textOf(arp[field])] as const)
  return {
    hw_type: arp['HwType'] === 1 ? 'ethernet' : String(numberOf(arp['HwType']) ?? 0),
    proto_type: arp['ProtocolType'] === 0x0800 ? 'ipv4' : String(numberOf(arp['ProtocolType']) ?? 0),
    opcode: operation === 1 ? 'request' : operation === 2 ? 'reply' : String(operation),
    ...Object.fromEntries(known.filter(([, value]) => value !== ''))
  }
}
