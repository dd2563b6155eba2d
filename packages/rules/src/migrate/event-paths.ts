/** Where a filter finds what stands at a path of a packet's JSON. */
export interface PathField {
  /** The field as people mean it. */
  readonly field: string
  readonly type: 'text' | 'number' | 'flag'
  /** What has to hold for the path to be there; as people mean it, and as SPR's JSON has it. */
  readonly guard?: string
  readonly sprGuard?: string
  /** The field that holds exactly what SPR's JSON holds; `same` when it is the same one. */
  readonly spr?: string
  /** Whether the JSON has the empty text where there is nothing, rather than no key. */
  readonly isAlwaysThere?: true
  /** Whether texts end in blanks there that the field leaves out. */
  readonly isTrimmed?: true
}

function transport(layer: 'TCP' | 'UDP'): [string, PathField][] {
  const name = layer.toLowerCase()
  const guards = { guard: `protocol == "${name}"`, sprGuard: `spr.protocol == "${name}"` }
  return [
    [`${layer}.SrcPort`, { field: 'src.port', spr: 'spr.src.port', type: 'number', ...guards }],
    [`${layer}.DstPort`, { field: 'dst.port', spr: 'spr.dst.port', type: 'number', ...guards }]
  ]
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'NS']

/** Fields that hold what the JSON holds, in either reading. */
function same(path: string, field: string, type: PathField['type']): [string, PathField] {
  return [path, { field, spr: field, type }]
}

/** Fields in which SPR's JSON and the filter may differ: letters' case, what tunnels carry. */
function meant(path: string, field: string, type: PathField['type'], guard?: string): [string, PathField] {
  return [path, { field, type, ...(guard === undefined ? {} : { guard }) }]
}

/** Paths into a packet's JSON that filters have fields for. */
export const PACKET_PATHS: ReadonlyMap<string, PathField> = new Map<string, PathField>([
  ['InDev', { field: 'inDevice', spr: 'inDevice', type: 'text', isAlwaysThere: true }],
  ['OutDev', { field: 'outDevice', spr: 'outDevice', type: 'text', isAlwaysThere: true }],
  ['Action', { field: 'action', spr: 'action', type: 'text', isAlwaysThere: true }],
  ['Prefix', { field: 'prefix', type: 'text', isAlwaysThere: true, isTrimmed: true }],
  ['IP.SrcIP', { field: 'src.ip', spr: 'spr.src.ip', type: 'text', guard: 'ip.version == 4' }],
  ['IP.DstIP', { field: 'dst.ip', spr: 'spr.dst.ip', type: 'text', guard: 'ip.version == 4' }],
  ...transport('TCP'),
  ...transport('UDP'),
  ...FLAGS.map((flag): [string, PathField] => {
    const field = `tcp.${flag.toLowerCase()}`
    return [`TCP.${flag}`, { field, spr: field, type: 'flag', sprGuard: 'spr.protocol == "tcp"' }]
  }),
  meant('TCP.Seq', 'tcp.seq', 'number'),
  meant('TCP.Window', 'tcp.window', 'number'),
  meant('UDP.Length', 'udp.length', 'number'),
  meant('IP.TTL', 'ip.ttl', 'number', 'ip.version == 4'),
  meant('IP.Length', 'length', 'number', 'ip.version == 4'),
  meant('IP.Protocol', 'ip.protocol', 'number', 'ip.version == 4'),
  meant('IPv6.SrcIP', 'src.ip', 'text', 'ip.version == 6'),
  meant('IPv6.DstIP', 'dst.ip', 'text', 'ip.version == 6'),
  meant('IPv6.HopLimit', 'ip.ttl', 'number', 'ip.version == 6'),
  meant('ICMPv4.Type', 'icmp.type', 'number', 'protocol == "icmp"'),
  meant('ICMPv4.Code', 'icmp.code', 'number', 'protocol == "icmp"'),
  meant('ICMPv6.Type', 'icmp.type', 'number', 'protocol == "icmpv6"'),
  meant('ICMPv6.Code', 'icmp.code', 'number', 'protocol == "icmpv6"'),
  meant('Ethernet.SrcMAC', 'src.mac', 'text'),
  meant('Ethernet.DstMAC', 'dst.mac', 'text'),
  meant('RecentDomainSrc', 'src.domain', 'text'),
  meant('RecentDomainDst', 'dst.domain', 'text'),
  meant('DNS.QR', 'dns.response', 'flag'),
  meant('TLS.SNI', 'tls.sni', 'text'),
  meant('HTTP.Host', 'http.host', 'text'),
  meant('HTTP.Method', 'http.method', 'text'),
  meant('HTTP.Target', 'http.target', 'text'),
  same('TLS.JA4', 'tls.ja4', 'text'),
  same('Meta.Group', 'group', 'number'),
  same('Meta.Mark', 'mark', 'number'),
  same('Meta.Uid', 'uid', 'number'),
  same('Meta.Gid', 'gid', 'number'),
  same('Meta.PhysInDev', 'physInDevice', 'text'),
  same('Meta.PhysOutDev', 'physOutDevice', 'text'),
  same('Meta.Direction', 'direction', 'text'),
  same('Meta.Rule.Id', 'rule.id', 'text'),
  same('Meta.Rule.Name', 'rule.name', 'text')
])
