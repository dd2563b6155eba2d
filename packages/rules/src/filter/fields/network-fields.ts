import { asNumber, asText, flag, known, number, text } from './define.js'
import type { EventView } from './event-view.js'
import type { Field } from './field.js'
import { hookName, protocolName } from './names.js'

const DONT_FRAGMENT = 2
const MORE_FRAGMENTS = 1
const IPV6_HEADER_BYTES = 40
const NO_NEXT_HEADER = 59

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
      fromPacket: view => (view.ipv4 ?? view.packet.ipv6)?.source,
      fromEvent: view => ipOf(view, 'SrcIP'),
      addressFromPacket: (view, into) => view.readSource(into)
    },
    'ip'
  ),
  text(
    'dst.ip',
    {
      meaning: 'destination address of the innermost IP header',
      keys: ['IP.DstIP', 'IPv6.DstIP'],
      fromPacket: view => (view.ipv4 ?? view.packet.ipv6)?.destination,
      fromEvent: view => ipOf(view, 'DstIP'),
      addressFromPacket: (view, into) => view.readDestination(into)
    },
    'ip'
  ),
  number('src.port', {
    meaning: 'source port, of TCP or UDP',
    keys: ['TCP.SrcPort', 'UDP.SrcPort'],
    fromPacket: ({ packet }) => (packet.tcp ?? packet.udp)?.sourcePort
  }),
  number('dst.port', {
    meaning: 'destination port, of TCP or UDP',
    keys: ['TCP.DstPort', 'UDP.DstPort'],
    fromPacket: ({ packet }) => (packet.tcp ?? packet.udp)?.destinationPort
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
    meaning: 'what the IP header carries: `tcp`, `udp`, `icmp`, `icmpv6`, `gre`, `esp`, … or the number in decimal',
    keys: ['IP.Protocol', 'IPv6.Protocol'],
    fromPacket: view => {
      const header = view.ipv4 ?? view.packet.ipv6
      return header === undefined ? undefined : protocolName(header.protocol)
    },
    fromEvent: view => {
      const protocol = asNumber(view.ipv4 ?? view.layer('IPv6'), 'Protocol')
      return protocol === undefined ? undefined : protocolName(protocol)
    }
  }),
  number('length', {
    meaning: 'bytes of the packet from its IP header on, as the header says',
    keys: ['IP.Length', 'IPv6.Length'],
    fromPacket: view => {
      const { ipv4, ipv6 } = view
      if (ipv4 !== undefined) return ipv4.length
      return ipv6 === undefined ? undefined : ipv6Length(ipv6.length, ipv6.protocol)
    },
    fromEvent: view => {
      const { ipv4, ipv6 } = view
      if (ipv4 !== undefined) return asNumber(ipv4, 'Length')
      return ipv6 === undefined ? undefined : ipv6Length(asNumber(ipv6, 'Length'), asNumber(ipv6, 'Protocol'))
    }
  }),
  number('ip.version', {
    meaning: '4 or 6',
    keys: ['IP.Version', 'IPv6.Version'],
    fromPacket: view => (view.ipv4 ?? view.packet.ipv6)?.version,
    fromEvent: view => asNumber(view.ipv4 ?? view.layer('IPv6'), 'Version')
  }),
  number('ip.protocol', {
    meaning: "IANA's number of what the IP header carries, extension headers left out",
    keys: ['IP.Protocol', 'IPv6.Protocol'],
    fromPacket: view => (view.ipv4 ?? view.packet.ipv6)?.protocol,
    fromEvent: view => asNumber(view.ipv4 ?? view.layer('IPv6'), 'Protocol')
  }),
  number('ip.ttl', {
    meaning: 'time to live, or hop limit',
    keys: ['IP.TTL', 'IPv6.HopLimit'],
    fromPacket: view => view.ipv4?.ttl ?? view.ipv6?.hopLimit,
    fromEvent: view => eitherOf(view, 'TTL', 'HopLimit')
  }),
  number('ip.dscp', {
    meaning: 'the six bits that ask for a service class',
    keys: ['IP.TOS', 'IPv6.TrafficClass'],
    fromPacket: view => shifted(view.ipv4?.tos ?? view.ipv6?.trafficClass, 2),
    fromEvent: view => shifted(eitherOf(view, 'TOS', 'TrafficClass'), 2)
  }),
  flag('ip.fragment', {
    meaning: 'a piece of a larger packet; its ports are not looked for',
    keys: ['IP.Flags', 'IP.FragOffset', 'IPv6.Extensions'],
    fromPacket: view => (view.ipv4 ?? view.packet.ipv6)?.isFragment,
    fromEvent: view => isFragment(view)
  }),
  flag('ip.dontFragment', {
    meaning: 'IPv4: must not be cut on the way',
    keys: ['IP.Flags'],
    fromPacket: view => (view.ipv4 === undefined ? undefined : (view.ipv4.flags & DONT_FRAGMENT) !== 0),
    fromEvent: view => {
      const flags = view.ipv4 === undefined ? undefined : asNumber(view.ipv4, 'Flags')
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

function whole(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function vlanOf(view: EventView): number | undefined {
  const vlan = view.layer('Meta')['Vlan']
  const tci = typeof vlan === 'object' && vlan !== null ? asNumber(vlan as Record<string, unknown>, 'Tci') : undefined
  return tci === undefined ? undefined : tci & 0xfff
}

function ipOf(view: EventView, key: 'SrcIP' | 'DstIP'): string | undefined {
  return asText(view.ipv4 ?? view.layer('IPv6'), key)
}

function eitherOf({ ipv4, ipv6 }: EventView, inIpv4: string, inIpv6: string): number | undefined {
  if (ipv4 !== undefined) return asNumber(ipv4, inIpv4)
  return ipv6 === undefined ? undefined : asNumber(ipv6, inIpv6)
}

function shifted(value: number | undefined, bits: number): number | undefined {
  return value === undefined ? undefined : value >> bits
}

/** Length 0 says that the header has no room for the truth, unless nothing follows it. */
function ipv6Length(payload: number | undefined, protocol: number | undefined): number | undefined {
  if (payload === undefined || (payload === 0 && protocol !== NO_NEXT_HEADER)) return undefined
  return payload + IPV6_HEADER_BYTES
}

function isFragment({ ipv4, ipv6 }: EventView): boolean | undefined {
  if (ipv4 !== undefined) {
    const flags = asNumber(ipv4, 'Flags')
    const offset = asNumber(ipv4, 'FragOffset')
    return flags === undefined || offset === undefined ? undefined : (flags & MORE_FRAGMENTS) !== 0 || offset !== 0
  }
  if (ipv6 === undefined) return undefined
  const extensions: unknown = ipv6['Extensions']
  if (!Array.isArray(extensions)) return false
  return extensions.some((extension: { MoreFragments?: unknown; FragOffset?: unknown } | null) => {
    const offset = extension?.FragOffset
    return extension?.MoreFragments === true || (typeof offset === 'number' && offset !== 0)
  })
}
