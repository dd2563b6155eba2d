/** What sentences call the fields of the filter language. */
const NOUNS: ReadonlyMap<string, string> = new Map([
  ['topic', 'the topic'],
  ['prefix', 'the log prefix'],
  ['action', 'the action'],
  ['group', 'the NFLOG group'],
  ['inDevice', 'the device it came in on'],
  ['outDevice', 'the device it goes out on'],
  ['physInDevice', 'the bridge port it came in on'],
  ['physOutDevice', 'the bridge port it goes out on'],
  ['hook', 'the hook'],
  ['direction', 'the direction'],
  ['rule.id', "the log rule's identity"],
  ['rule.name', "the log rule's name"],
  ['mark', 'the packet mark'],
  ['uid', "the sender's user id"],
  ['gid', "the sender's group id"],
  ['vlan.id', 'the VLAN'],
  ['src.ip', 'the source address'],
  ['dst.ip', 'the destination address'],
  ['src.port', 'the source port'],
  ['dst.port', 'the destination port'],
  ['src.mac', 'the source MAC address'],
  ['dst.mac', 'the destination MAC address'],
  ['src.domain', 'the name of the source'],
  ['dst.domain', 'the name of the destination'],
  ['protocol', 'the protocol'],
  ['length', 'the length in bytes'],
  ['ip.version', 'the IP version'],
  ['ip.protocol', 'the protocol number'],
  ['ip.ttl', 'the time to live'],
  ['ip.dscp', 'the DSCP'],
  ['tcp.seq', 'the TCP sequence number'],
  ['tcp.window', 'the TCP window'],
  ['udp.length', 'the UDP length'],
  ['arp.operation', 'the ARP operation'],
  ['arp.senderIp', 'the ARP sender'],
  ['arp.senderMac', "the ARP sender's MAC address"],
  ['arp.targetIp', 'the ARP target'],
  ['arp.targetMac', "the ARP target's MAC address"],
  ['icmp.type', 'the ICMP type'],
  ['icmp.code', 'the ICMP code'],
  ['dns.name', 'the name asked for'],
  ['dns.type', 'the DNS type asked for'],
  ['dns.code', 'the DNS response code'],
  ['dns.addresses', 'the addresses answered'],
  ['tls.sni', 'the TLS server name'],
  ['tls.version', 'the TLS version'],
  ['tls.ja4', 'the JA4 fingerprint'],
  ['http.method', 'the HTTP method'],
  ['http.host', 'the HTTP host'],
  ['http.target', 'the HTTP target'],
  ['http.userAgent', 'the HTTP user agent'],
  ['http.status', 'the HTTP status'],
  ['quic.type', 'the kind of QUIC packet'],
  ['dhcp.type', 'the DHCP message'],
  ['dhcp.hostname', 'the name a DHCP client gives itself'],
  ['dhcp.mac', "the DHCP client's hardware address"],
  ['error.layer', 'the protocol that could not be read'],
  ['error.reason', 'why it could not be read'],
  ['error.offset', 'the byte where reading ended'],
  ['spr.prefix', 'the log prefix as SPR compares it'],
  ['spr.src.ip', 'the source address as SPR sees it'],
  ['spr.dst.ip', 'the destination address as SPR sees it'],
  ['spr.protocol', 'the protocol as SPR sees it'],
  ['spr.src.port', 'the source port as SPR sees it'],
  ['spr.dst.port', 'the destination port as SPR sees it'],
  ['event', 'the event']
])

/** Of fields that are true or false, the clause for each. */
const CLAUSES: ReadonlyMap<string, readonly [yes: string, no: string]> = new Map([
  ['ip.fragment', ['it is a fragment', 'it is no fragment']],
  ['ip.dontFragment', ['it must not be fragmented', 'it may be fragmented']],
  ['dns.response', ['it is a DNS answer', 'it is a DNS question']]
])

const TCP_FLAG = /^tcp\.([a-z]+)$/

/** What a sentence calls a field; one without a name of its own goes by the filter's. */
export function nounOf(field: string): string {
  return NOUNS.get(field) ?? field
}

/** The clause for a field that is true or false. */
export function clauseOf(field: string, value: boolean): string {
  const clauses = CLAUSES.get(field)
  if (clauses !== undefined) return clauses[value ? 0 : 1]
  const flag = TCP_FLAG.exec(field)?.[1]
  const noun = flag === undefined ? nounOf(field) : `the TCP flag ${flag.toUpperCase()}`
  return flag === undefined ? `${noun} is ${value}` : `${noun} is ${value ? 'set' : 'not set'}`
}
