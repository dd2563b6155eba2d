/** By IANA's numbers, the protocols one meets behind an IP header. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'hopopt'],
  [1, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [41, 'ipv6'],
  [46, 'rsvp'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [59, 'none'],
  [88, 'eigrp'],
  [89, 'ospf'],
  [103, 'pim'],
  [112, 'vrrp'],
  [115, 'l2tp'],
  [132, 'sctp'],
  [136, 'udplite']
])

/** Protocols that carry another packet. */
export function isTunnel(protocol: unknown): boolean {
  return protocol === 4 || protocol === 41 || protocol === 47
}

export function protocolName(number: number): string {
  return PROTOCOLS.get(number) ?? String(number)
}

const DNS_CODES: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE'
]

export function dnsCodeName(number: number): string {
  return DNS_CODES[number] ?? String(number)
}

const DHCP_TYPES: readonly string[] = ['', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform']

export function dhcpTypeName(number: number): string {
  return DHCP_TYPES[number] || String(number)
}

/** Of the families inet, ip, ip6 and bridge; arp and netdev number theirs otherwise. */
const HOOKS: readonly string[] = ['prerouting', 'input', 'forward', 'output', 'postrouting']
const AF_INET = 2
const AF_BRIDGE = 7
const AF_INET6 = 10

export function hookName(hook: number, family: number | undefined): string {
  const isNumberedAlike = family === undefined || family === AF_INET || family === AF_INET6 || family === AF_BRIDGE
  return (isNumberedAlike ? HOOKS[hook] : undefined) ?? String(hook)
}
