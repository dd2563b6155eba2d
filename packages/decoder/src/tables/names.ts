type Names = ReadonlyMap<number, string>

/** IANA protocol numbers that are met on firewalls. */
const PROTOCOLS: Names = new Map([
  [0, 'HOPOPT'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [33, 'DCCP'],
  [41, 'IPv6'],
  [46, 'RSVP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [59, 'no payload'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [115, 'L2TP'],
  [132, 'SCTP'],
  [136, 'UDP-Lite']
])

const ICMP_TYPES: Names = new Map([
  [0, 'echo reply'],
  [3, 'unreachable'],
  [4, 'source quench'],
  [5, 'redirect'],
  [8, 'echo request'],
  [9, 'router advertisement'],
  [10, 'router solicitation'],
  [11, 'time exceeded'],
  [12, 'parameter problem'],
  [13, 'timestamp request'],
  [14, 'timestamp reply']
])

const ICMPV6_TYPES: Names = new Map([
  [1, 'unreachable'],
  [2, 'packet too big'],
  [3, 'time exceeded'],
  [4, 'parameter problem'],
  [128, 'echo request'],
  [129, 'echo reply'],
  [130, 'multicast listener query'],
  [131, 'multicast listener report'],
  [132, 'multicast listener done'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbour solicitation'],
  [136, 'neighbour advertisement'],
  [137, 'redirect'],
  [143, 'multicast listener report']
])

const DNS_TYPES: Names = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [10, 'NULL'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [37, 'CERT'],
  [39, 'DNAME'],
  [41, 'OPT'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [256, 'URI'],
  [257, 'CAA']
])

const DNS_RESPONSES: Names = new Map([
  [0, 'NOERROR'],
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [6, 'YXDOMAIN'],
  [7, 'YXRRSET'],
  [8, 'NXRRSET'],
  [9, 'NOTAUTH'],
  [10, 'NOTZONE'],
  [16, 'BADVERS']
])

/** RFC 2132 section 9.6, as Suricata writes them. */
const DHCP_MESSAGES: Names = new Map([
  [1, 'discover'],
  [2, 'offer'],
  [3, 'request'],
  [4, 'decline'],
  [5, 'ack'],
  [6, 'nak'],
  [7, 'release'],
  [8, 'inform']
])

export function protocolName(number: number): string {
  return PROTOCOLS.get(number) ?? `protocol ${number}`
}

export function icmpTypeName(type: number): string {
  return ICMP_TYPES.get(type) ?? `type ${type}`
}

export function icmpv6TypeName(type: number): string {
  return ICMPV6_TYPES.get(type) ?? `type ${type}`
}

/** What a DNS record type is called; unknown ones as RFC 3597 section 5 writes them, `TYPE4711`. */
export function dnsTypeName(type: number): string {
  return DNS_TYPES.get(type) ?? `TYPE${type}`
}

export function dnsResponseName(code: number): string {
  return DNS_RESPONSES.get(code) ?? `RCODE${code}`
}

export function dhcpMessageName(type: number): string | undefined {
  return DHCP_MESSAGES.get(type)
}
