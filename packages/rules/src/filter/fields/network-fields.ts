import type { Packet, Tcp, Udp } from '@packet-logs/decoder'
import { Arp, directionOf, Ipv4, Sctp, UdpLite } from '@packet-logs/decoder'
import { isObject } from '../value.js'
import { asNumber, asText, flag, known, number, text } from './define.js'
import type { EventView } from './event-view.js'
import type { Field } from './field.js'
import { hookName, protocolName } from './names.js'

const DONT_FRAGMENT = 2
const MORE_FRAGMENTS = 1
const IPV6_HEADER_BYTES = 40
const NO_NEXT_HEADER = 59
const PROTOCOL_SCTP = 132
const PROTOCOL_UDP_LITE = 136

/** How the packet was logged. */
export const loggingFields: readonly Field[] = [
  text('topic', {
    meaning: 'topic of the event; for a packet `nft:` and the log prefix in lower case',
    keys: [],
    fromPacket: view => view.topic,
    fromEvent: view => view.topic
  }),
  text('prefix', {
    meaning: 'log prefix of the rule, without the blanks around it',
    keys: ['Prefix'],
    fromPacket: view => known(view.prefix),
    fromEvent: view => known(asText(view.info, 'Prefix')?.trim())
  }),
  text('action', {
    meaning: "what the rule's group stands for: `allowed` or `blocked`",
    keys: ['Action'],
    fromPacket: view => known(view.action)
  }),
  number('group', {
    meaning: 'NFLOG group the rule logs to',
    keys: ['Meta.Group'],
    fromPacket: ({ logged }) => whole(logged.group)
  }),
  text('inDevice', {
    meaning: 'device the packet came in on',
    keys: ['InDev'],
    fromPacket: ({ logged }) => known(logged.inDevice)
  }),
  text('outDevice', {
    meaning: 'device the packet goes out on',
    keys: ['OutDev'],
    fromPacket: ({ logged }) => known(logged.outDevice)
  }),
  text('physInDevice', {
    meaning: 'port of the bridge the packet came in on',
    keys: ['Meta.PhysInDev'],
    fromPacket: ({ logged }) => known(logged.physInDevice)
  }),
  text('physOutDevice', {
    meaning: 'port of the bridge the packet goes out on',
    keys: ['Meta.PhysOutDev'],
    fromPacket: ({ logged }) => known(logged.physOutDevice)
  }),
  text('hook', {
    meaning: 'where in the firewall: `prerouting`, `input`, `forward`, `output`, `postrouting`, else the number',
    keys: ['Meta.Hook'],
    fromPacket: ({ logged }) =>
      whole(logged.hook) === undefined ? undefined : hookName(logged.hook ?? 0, logged.family),
    fromEvent: view => {
      const meta = view.layer('Meta')
      const hook = asNumber(meta, 'Hook')
      return hook === undefined ? undefined : hookName(hook, asNumber(meta, 'Family'))
    }
  }),
  text('direction', {
    meaning: 'seen from the machine that logs: `in`, `out`, `forward`, `local`',
    keys: ['Meta.Direction'],
    fromPacket: ({ logged }) => directionOf(logged)
  }),
  text('rule.id', {
    meaning: 'identity of the log rule, from a prefix such as `drop:input#a1`',
    keys: ['Meta.Rule.Id'],
    fromPacket: view => view.rule?.id
  }),
  text('rule.name', {
    meaning: 'and what stands before it',
    keys: ['Meta.Rule.Name'],
    fromPacket: view => known(view.rule?.name)
  }),
  number('mark', {
    meaning: 'packet mark',
    keys: ['Meta.Mark'],
    fromPacket: ({ logged }) => whole(logged.mark)
  }),
  number('uid', {
    meaning: 'user whose socket sent the packet',
    keys: ['Meta.Uid'],
    fromPacket: ({ logged }) => whole(logged.uid)
  }),
  number('gid', {
    meaning: 'group whose socket sent the packet',
    keys: ['Meta.Gid'],
    fromPacket: ({ logged }) => whole(logged.gid)
  }),
  number('vlan.id', {
    meaning: 'VLAN the packet came in, if the kernel took its tag off',
    keys: ['Meta.Vlan.Tci'],
    fromPacket: ({ logged }) => (logged.vlan === undefined ? undefined : logged.vlan.tci & 0xfff),
    fromEvent: view => vlanOf(view)
  })
]

/** Who talks to whom. */
export const endpointFields: readonly Field[] = [
  text(
    'src.ip',
    {
      meaning: 'source address of the innermost IP header',
      keys: ['IP.SrcIP', 'IPv6.SrcIP'],
      fromPacket: view => view.packet.ip?.source,
      fromEvent: ({ ip }) => (ip === undefined ? undefined : asText(ip.header, 'SrcIP')),
      addressFromPacket: (view, into) => view.readSource(into)
    },
    'ip'
  ),
  text(
    'dst.ip',
    {
      meaning: 'destination address of the innermost IP header',
      keys: ['IP.DstIP', 'IPv6.DstIP'],
      fromPacket: view => view.packet.ip?.destination,
      fromEvent: ({ ip }) => (ip === undefined ? undefined : asText(ip.header, 'DstIP')),
      addressFromPacket: (view, into) => view.readDestination(into)
    },
    'ip'
  ),
  number('src.port', {
    meaning: 'source port, of TCP, UDP, SCTP or UDP-Lite',
    keys: ['TCP.SrcPort', 'UDP.SrcPort', 'SCTP.SrcPort', 'UDPLite.SrcPort'],
    fromPacket: ({ packet }) => withPorts(packet)?.sourcePort
  }),
  number('dst.port', {
    meaning: 'destination port, of TCP, UDP, SCTP or UDP-Lite',
    keys: ['TCP.DstPort', 'UDP.DstPort', 'SCTP.DstPort', 'UDPLite.DstPort'],
    fromPacket: ({ packet }) => withPorts(packet)?.destinationPort
  }),
  text(
    'src.mac',
    { meaning: 'source address on the link', keys: ['Ethernet.SrcMAC'], fromPacket: view => view.sourceMac },
    'mac'
  ),
  text(
    'dst.mac',
    { meaning: 'destination address on the link', keys: ['Ethernet.DstMAC'], fromPacket: view => view.destinationMac },
    'mac'
  ),
  text(
    'src.domain',
    {
      meaning: 'name that was last resolved to the source address',
      keys: ['RecentDomainSrc'],
      fromPacket: ({ context }) => known(context?.recentDomainSrc)
    },
    'name'
  ),
  text(
    'dst.domain',
    {
      meaning: 'name that was last resolved to the destination address',
      keys: ['RecentDomainDst'],
      fromPacket: ({ context }) => known(context?.recentDomainDst)
    },
    'name'
  )
]

/** The headers up to the transport. */
export const headerFields: readonly Field[] = [
  text('protocol', {
    meaning:
      'what the IP header carries: `tcp`, `udp`, `icmp`, `icmpv6`, `gre`, `esp`, … or the number in decimal; `arp` for ARP',
    keys: ['IP.Protocol', 'IPv6.Protocol', 'ARP'],
    fromPacket: ({ packet }) => {
      const { ip } = packet
      if (ip !== undefined) return protocolName(ip.protocol)
      return packet.get(Arp) === undefined ? undefined : 'arp'
    },
    fromEvent: view => {
      const protocol = ipNumber(view, 'Protocol')
      if (protocol !== undefined) return protocolName(protocol)
      return isObject(view.info['ARP']) ? 'arp' : undefined
    }
  }),
  number('length', {
    meaning: 'bytes of the packet from its IP header on, as the header says',
    keys: ['IP.Length', 'IPv6.Length'],
    fromPacket: ({ packet: { ip } }) => {
      if (ip === undefined) return undefined
      return ip instanceof Ipv4 ? ip.length : ipv6Length(ip.length, ip.protocol)
    },
    fromEvent: view => {
      const length = ipNumber(view, 'Length')
      return view.ip?.version === 6 ? ipv6Length(length, ipNumber(view, 'Protocol')) : length
    }
  }),
  number('ip.version', {
    meaning: '4 or 6',
    keys: ['IP.Version', 'IPv6.Version'],
    fromPacket: ({ packet }) => packet.ip?.version,
    fromEvent: view => view.ip?.version
  }),
  number('ip.protocol', {
    meaning: "IANA's number of what the IP header carries, extension headers left out",
    keys: ['IP.Protocol', 'IPv6.Protocol'],
    fromPacket: ({ packet }) => packet.ip?.protocol,
    fromEvent: view => ipNumber(view, 'Protocol')
  }),
  number('ip.ttl', {
    meaning: 'time to live, or hop limit',
    keys: ['IP.TTL', 'IPv6.HopLimit'],
    fromPacket: ({ packet: { ip } }) => (ip instanceof Ipv4 ? ip.ttl : ip?.hopLimit),
    fromEvent: view => ipNumber(view, 'TTL', 'HopLimit')
  }),
  number('ip.dscp', {
    meaning: 'the six bits that ask for a service class',
    keys: ['IP.TOS', 'IPv6.TrafficClass'],
    fromPacket: ({ packet: { ip } }) => shifted(ip instanceof Ipv4 ? ip.tos : ip?.trafficClass, 2),
    fromEvent: view => shifted(ipNumber(view, 'TOS', 'TrafficClass'), 2)
  }),
  flag('ip.fragment', {
    meaning: 'a piece of a larger packet; only the first has ports',
    keys: ['IP.Flags', 'IP.FragOffset', 'IPv6.Extensions'],
    fromPacket: ({ packet }) => packet.ip?.isFragment,
    fromEvent: view => isFragment(view)
  }),
  flag('ip.dontFragment', {
    meaning: 'IPv4: must not be cut on the way',
    keys: ['IP.Flags'],
    fromPacket: ({ packet: { ip } }) => (ip instanceof Ipv4 ? (ip.flags & DONT_FRAGMENT) !== 0 : undefined),
    fromEvent: ({ ip }) => {
      const flags = ip?.version === 4 ? asNumber(ip.header, 'Flags') : undefined
      return flags === undefined ? undefined : (flags & DONT_FRAGMENT) !== 0
    }
  }),
  flag('tcp.syn', { meaning: 'opens a connection', keys: ['TCP.SYN'], fromPacket: ({ packet }) => packet.tcp?.syn }),
  flag('tcp.ack', { meaning: 'acknowledges', keys: ['TCP.ACK'], fromPacket: ({ packet }) => packet.tcp?.ack }),
  flag('tcp.fin', { meaning: 'ends a connection', keys: ['TCP.FIN'], fromPacket: ({ packet }) => packet.tcp?.fin }),
  flag('tcp.rst', { meaning: 'breaks a connection', keys: ['TCP.RST'], fromPacket: ({ packet }) => packet.tcp?.rst }),
  flag('tcp.psh', { meaning: 'asks for delivery', keys: ['TCP.PSH'], fromPacket: ({ packet }) => packet.tcp?.psh }),
  flag('tcp.urg', { meaning: 'carries urgent data', keys: ['TCP.URG'], fromPacket: ({ packet }) => packet.tcp?.urg }),
  flag('tcp.ece', { meaning: 'echoes congestion', keys: ['TCP.ECE'], fromPacket: ({ packet }) => packet.tcp?.ece }),
  flag('tcp.cwr', { meaning: 'reduced its window', keys: ['TCP.CWR'], fromPacket: ({ packet }) => packet.tcp?.cwr }),
  flag('tcp.ns', {
    meaning: 'nonce sum, or accurate ECN',
    keys: ['TCP.NS'],
    fromPacket: ({ packet }) => packet.tcp?.ns
  }),
  number('tcp.seq', { meaning: 'sequence number', keys: ['TCP.Seq'], fromPacket: ({ packet }) => packet.tcp?.seq }),
  number('tcp.window', { meaning: 'window', keys: ['TCP.Window'], fromPacket: ({ packet }) => packet.tcp?.window }),
  number('udp.length', {
    meaning: 'length as the UDP header says',
    keys: ['UDP.Length'],
    fromPacket: ({ packet }) => packet.udp?.length
  }),
  text('arp.operation', {
    meaning: '`request` or `reply`, else the number',
    keys: ['ARP.Operation'],
    fromPacket: ({ packet }) => arpOperation(packet.get(Arp)?.operation),
    fromEvent: view => arpOperation(asNumber(view.layer('ARP'), 'Operation'))
  }),
  text(
    'arp.senderIp',
    { meaning: 'who asks or answers', keys: ['ARP.SrcIP'], fromPacket: ({ packet }) => packet.get(Arp)?.senderIp },
    'ip'
  ),
  text(
    'arp.senderMac',
    { meaning: 'its hardware address', keys: ['ARP.SrcMAC'], fromPacket: ({ packet }) => packet.get(Arp)?.senderMac },
    'mac'
  ),
  text(
    'arp.targetIp',
    { meaning: 'who is looked for', keys: ['ARP.DstIP'], fromPacket: ({ packet }) => packet.get(Arp)?.targetIp },
    'ip'
  ),
  text(
    'arp.targetMac',
    { meaning: 'its hardware address', keys: ['ARP.DstMAC'], fromPacket: ({ packet }) => packet.get(Arp)?.targetMac },
    'mac'
  ),
  number('icmp.type', {
    meaning: 'type, by the numbers of ICMP or ICMPv6: see `protocol`',
    keys: ['ICMPv4.Type', 'ICMPv6.Type'],
    fromPacket: ({ packet }) => (packet.icmpv4 ?? packet.icmpv6)?.type
  }),
  number('icmp.code', {
    meaning: 'code',
    keys: ['ICMPv4.Code', 'ICMPv6.Code'],
    fromPacket: ({ packet }) => (packet.icmpv4 ?? packet.icmpv6)?.code
  })
]

/** SCTP and UDP-Lite are asked for only behind the protocol numbers that mean them: asking reads the whole packet. */
function withPorts(packet: Packet): Tcp | Udp | Sctp | UdpLite | undefined {
  const common = packet.tcp ?? packet.udp
  if (common !== undefined) return common
  switch (packet.ip?.protocol) {
    case PROTOCOL_SCTP:
      return packet.get(Sctp)
    case PROTOCOL_UDP_LITE:
      return packet.get(UdpLite)
    default:
      return undefined
  }
}

function whole(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function vlanOf(view: EventView): number | undefined {
  const { Vlan: vlan } = view.layer('Meta')
  const tci = isObject(vlan) ? asNumber(vlan, 'Tci') : undefined
  return tci === undefined ? undefined : tci & 0xfff
}

function arpOperation(operation: number | undefined): string | undefined {
  if (operation === undefined) return undefined
  return ['', 'request', 'reply'][operation] || String(operation)
}

/** A number of the innermost IP header, which may go by another name in IPv6. */
function ipNumber({ ip }: EventView, inIpv4: string, inIpv6: string = inIpv4): number | undefined {
  return ip === undefined ? undefined : asNumber(ip.header, ip.version === 4 ? inIpv4 : inIpv6)
}

function shifted(value: number | undefined, bits: number): number | undefined {
  return value === undefined ? undefined : value >> bits
}

/** Length 0 says that the header has no room for the truth, unless nothing follows it. */
function ipv6Length(payload: number | undefined, protocol: number | undefined): number | undefined {
  if (payload === undefined || (payload === 0 && protocol !== NO_NEXT_HEADER)) return undefined
  return payload + IPV6_HEADER_BYTES
}

function isFragment({ ip }: EventView): boolean | undefined {
  if (ip === undefined) return undefined
  const { header } = ip
  if (ip.version === 4) {
    const flags = asNumber(header, 'Flags')
    const offset = asNumber(header, 'FragOffset')
    return flags === undefined || offset === undefined ? undefined : (flags & MORE_FRAGMENTS) !== 0 || offset !== 0
  }
  const extensions: unknown = header['Extensions']
  if (!Array.isArray(extensions)) return false
  return extensions.some((extension: unknown) => {
    if (!isObject(extension)) return false
    const offset = extension['FragOffset']
    return extension['MoreFragments'] === true || (typeof offset === 'number' && offset !== 0)
  })
}
