import { arp } from '../protocols/arp.js'
import { dhcpv4 } from '../protocols/dhcpv4.js'
import { dhcpv6 } from '../protocols/dhcpv6.js'
import { detailedDns, dnsOverTcp } from '../protocols/dns/detailed-dns.js'
import { dns } from '../protocols/dns/dns.js'
import { llmnr, multicastDns } from '../protocols/dns/multicast-dns.js'
import { ethernet } from '../protocols/ethernet.js'
import { gre } from '../protocols/gre.js'
import { http } from '../protocols/http.js'
import { icmpv4 } from '../protocols/icmpv4.js'
import { icmpv6 } from '../protocols/icmpv6.js'
import { igmp } from '../protocols/igmp.js'
import { ah, esp } from '../protocols/ipsec.js'
import { ipv4, ipv4AnyVersion } from '../protocols/ipv4.js'
import { ipv6 } from '../protocols/ipv6.js'
import { ntp } from '../protocols/ntp.js'
import { quic } from '../protocols/quic/quic.js'
import { sctp } from '../protocols/sctp.js'
import { tcp } from '../protocols/tcp.js'
import { tls } from '../protocols/tls/tls.js'
import { udp } from '../protocols/udp.js'
import { udpLite } from '../protocols/udp-lite.js'
import { vlan } from '../protocols/vlan.js'
import type { Protocol } from '../registry.js'
import { NOT_DECODED, Registry } from '../registry.js'

/** Ports SPR's decoder knows, and so does not try the source port for: NTP, VXLAN, DHCPv6, SIP, sFlow, Geneve, … */
const KNOWN_UDP_PORTS = [123, 546, 547, 623, 1812, 2152, 3784, 4789, 5060, 6081, 6343]
/** The same for TCP: TLS and Modbus. */
const KNOWN_TCP_PORTS = [443, 502, 636, 989, 990, 992, 993, 994, 995, 5061]

/** Which ports lead where is SPR's in both modes: extended events share its text. */
function withPorts(registry: Registry): Registry {
  for (const port of KNOWN_UDP_PORTS) registry.udpPort(port, NOT_DECODED)
  for (const port of KNOWN_TCP_PORTS) registry.tcpPort(port, NOT_DECODED)
  return registry.udpPort(53, dns).udpPort(67, dhcpv4).udpPort(68, dhcpv4)
}

/** Every protocol this library knows beside those found by SPR's ports. A new one is its file and its entry here. */
const PROTOCOLS: readonly Protocol[] = [
  ethernet,
  vlan,
  arp,
  ipv4,
  ipv6,
  esp,
  ah,
  gre,
  tcp,
  udp,
  udpLite,
  sctp,
  icmpv4,
  icmpv6,
  igmp,
  tls,
  http,
  quic,
  multicastDns,
  llmnr,
  ntp,
  dhcpv6
]

/** What a packet really is. */
export function extendedRegistry(protocols: readonly Protocol[] = []): Registry {
  const registry = withPorts(new Registry()).udpPort(53, detailedDns).tcpPort(53, dnsOverTcp)
  for (const protocol of [...PROTOCOLS, ...protocols]) registry.add(protocol)
  return registry
}

/** What SPR takes a packet for: always IPv4, and DNS over TCP without its length prefix. */
export function strictRegistry(): Registry {
  return withPorts(new Registry())
    .always(ipv4AnyVersion)
    .ipv4Protocol(4, ipv4AnyVersion)
    .ipv4Protocol(94, ipv4AnyVersion)
    .ipv4Protocol(6, tcp)
    .ipv4Protocol(17, udp)
    .tcpPort(53, dns)
}
