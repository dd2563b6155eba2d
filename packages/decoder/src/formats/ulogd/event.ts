/**
 * ulogd 2's JSON for a packet, keys in the order ulogd writes them. Only `timestamp` to `oob.mark`, `oob.in` and
 * `oob.out` are always there; numbers are as ulogd reads them, which is not always right (see `corrected`).
 */
export interface UlogdEvent {
  /** Local time with microseconds and zone: `2023-11-14T22:13:20.123456+0000`. */
  timestamp: string
  /** The device that logs, not one of its interfaces. */
  dvc: string
  'raw.pktlen'?: number
  'raw.pktcount': number
  'oob.prefix'?: string
  'oob.time.sec'?: number
  'oob.time.usec'?: number
  'oob.mark': number
  'oob.ifindex_in'?: number
  'oob.ifindex_out'?: number
  'oob.hook'?: number
  'raw.mac_len'?: number
  'oob.seq.local'?: number
  'oob.seq.global'?: number
  /** 2 IPv4, 10 IPv6, 7 bridge, 3 ARP. */
  'oob.family'?: number
  /** EtherType. */
  'oob.protocol'?: number
  'oob.uid'?: number
  'oob.gid'?: number
  /** What the group stands for: `allowed` or `blocked`. */
  action: string
  /** ARP hardware type of the interface. */
  'raw.type'?: number
  'raw.mac.addrlen'?: number
  'ip.protocol'?: number
  'ip.tos'?: number
  'ip.ttl'?: number
  'ip.totlen'?: number
  'ip.ihl'?: number
  'ip.csum'?: number
  'ip.id'?: number
  /** Flags and fragment offset, all 16 bits: 16384 is "don't fragment". */
  'ip.fragoff'?: number
  'ip6.payloadlen'?: number
  'ip6.priority'?: number
  'ip6.flowlabel'?: number
  'ip6.hoplimit'?: number
  'ip6.nexthdr'?: number
  /** In bytes. */
  'ip6.fragoff'?: number
  'ip6.fragid'?: number
  src_port?: number
  dest_port?: number
  'tcp.seq'?: number
  'tcp.ackseq'?: number
  'tcp.window'?: number
  'tcp.offset'?: number
  'tcp.reserved'?: number
  'tcp.urg'?: number
  'tcp.urgp'?: number
  'tcp.ack'?: number
  'tcp.psh'?: number
  'tcp.rst'?: number
  'tcp.syn'?: number
  'tcp.fin'?: number
  /** The four bits between data offset and CWR. */
  'tcp.res1'?: number
  /** CWR and ECE. */
  'tcp.res2'?: number
  'tcp.csum'?: number
  'udp.len'?: number
  'udp.csum'?: number
  'icmp.type'?: number
  'icmp.code'?: number
  'icmp.echoid'?: number
  'icmp.echoseq'?: number
  'icmp.fragmtu'?: number
  'icmp.csum'?: number
  'icmpv6.type'?: number
  'icmpv6.code'?: number
  'icmpv6.echoid'?: number
  'icmpv6.echoseq'?: number
  'icmpv6.csum'?: number
  'arp.hwtype'?: number
  'arp.protocoltype'?: number
  'arp.operation'?: number
  'sctp.csum'?: number
  /** Names of the interfaces, empty where there is none. */
  'oob.in': string
  'oob.out': string
  src_ip?: string
  dest_ip?: string
  'arp.saddr.str'?: string
  'arp.daddr.str'?: string
  'mac.saddr.str'?: string
  'mac.daddr.str'?: string
  /** The whole link-layer header. */
  'mac.str'?: string
}

/** An event in the making: whatever is not known is `undefined`. */
export type UlogdValues = { [K in keyof UlogdEvent]: UlogdEvent[K] | undefined }

/** Every key in the order of ulogd's plugins: what the kernel told, the packet's headers, names for both. */
export const ULOGD_KEYS: readonly (keyof UlogdEvent)[] = [
  'timestamp',
  'dvc',
  'raw.pktlen',
  'raw.pktcount',
  'oob.prefix',
  'oob.time.sec',
  'oob.time.usec',
  'oob.mark',
  'oob.ifindex_in',
  'oob.ifindex_out',
  'oob.hook',
  'raw.mac_len',
  'oob.seq.local',
  'oob.seq.global',
  'oob.family',
  'oob.protocol',
  'oob.uid',
  'oob.gid',
  'action',
  'raw.type',
  'raw.mac.addrlen',
  'ip.protocol',
  'ip.tos',
  'ip.ttl',
  'ip.totlen',
  'ip.ihl',
  'ip.csum',
  'ip.id',
  'ip.fragoff',
  'ip6.payloadlen',
  'ip6.priority',
  'ip6.flowlabel',
  'ip6.hoplimit',
  'ip6.nexthdr',
  'ip6.fragoff',
  'ip6.fragid',
  'src_port',
  'dest_port',
  'tcp.seq',
  'tcp.ackseq',
  'tcp.window',
  'tcp.offset',
  'tcp.reserved',
  'tcp.urg',
  'tcp.urgp',
  'tcp.ack',
  'tcp.psh',
  'tcp.rst',
  'tcp.syn',
  'tcp.fin',
  'tcp.res1',
  'tcp.res2',
  'tcp.csum',
  'udp.len',
  'udp.csum',
  'icmp.type',
  'icmp.code',
  'icmp.echoid',
  'icmp.echoseq',
  'icmp.fragmtu',
  'icmp.csum',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.echoid',
  'icmpv6.echoseq',
  'icmpv6.csum',
  'arp.hwtype',
  'arp.protocoltype',
  'arp.operation',
  'sctp.csum',
  'oob.in',
  'oob.out',
  'src_ip',
  'dest_ip',
  'arp.saddr.str',
  'arp.daddr.str',
  'mac.saddr.str',
  'mac.daddr.str',
  'mac.str'
]
