import { Fragment } from '../../bytes/fragment.js'

/**
 * What every field is called in JSON: Go-style capitals, as SPR's clients read them, in the order they are written.
 * The first field of an object is written behind `opening`. This table is the only place that maps names.
 */
const table = {
  ethernet: {
    opening: ',"Ethernet":{',
    fields: { source: 'SrcMAC', destination: 'DstMAC', hwType: 'HwType' }
  },
  tcp: {
    opening: ',"TCP":{',
    fields: {
      contents: 'Contents',
      payload: 'Payload',
      sourcePort: 'SrcPort',
      destinationPort: 'DstPort',
      seq: 'Seq',
      ackNumber: 'Ack',
      dataOffset: 'DataOffset',
      fin: 'FIN',
      syn: 'SYN',
      rst: 'RST',
      psh: 'PSH',
      ack: 'ACK',
      urg: 'URG',
      ece: 'ECE',
      cwr: 'CWR',
      ns: 'NS',
      window: 'Window',
      checksum: 'Checksum',
      urgentPointer: 'Urgent',
      options: 'Options',
      padding: 'Padding'
    }
  },
  udp: {
    opening: ',"UDP":{',
    fields: {
      contents: 'Contents',
      payload: 'Payload',
      sourcePort: 'SrcPort',
      destinationPort: 'DstPort',
      length: 'Length',
      checksum: 'Checksum'
    }
  },
  ipv4: {
    opening: ',"IP":{',
    fields: {
      contents: 'Contents',
      payload: 'Payload',
      version: 'Version',
      ihl: 'IHL',
      tos: 'TOS',
      length: 'Length',
      id: 'Id',
      flags: 'Flags',
      fragmentOffset: 'FragOffset',
      ttl: 'TTL',
      protocol: 'Protocol',
      checksum: 'Checksum',
      source: 'SrcIP',
      destination: 'DstIP',
      options: 'Options',
      padding: 'Padding'
    }
  },
  headerOption: {
    opening: '{',
    fields: { type: 'OptionType', length: 'OptionLength', data: 'OptionData' }
  },
  dns: {
    opening: ',"DNS":{',
    fields: {
      contents: 'Contents',
      payload: 'Payload',
      id: 'ID',
      isResponse: 'QR',
      opCode: 'OpCode',
      authoritative: 'AA',
      truncated: 'TC',
      recursionDesired: 'RD',
      recursionAvailable: 'RA',
      z: 'Z',
      responseCode: 'ResponseCode',
      questionCount: 'QDCount',
      answerCount: 'ANCount',
      authorityCount: 'NSCount',
      additionalCount: 'ARCount',
      questions: 'Questions',
      answers: 'Answers',
      authorities: 'Authorities',
      additionals: 'Additionals'
    }
  },
  dnsQuestion: {
    opening: '{',
    fields: { name: 'Name', type: 'Type', class: 'Class' }
  },
  dnsRecord: {
    opening: '{',
    fields: {
      name: 'Name',
      type: 'Type',
      class: 'Class',
      ttl: 'TTL',
      dataLength: 'DataLength',
      data: 'Data',
      ip: 'IP',
      ns: 'NS',
      cname: 'CNAME',
      ptr: 'PTR',
      texts: 'TXTs',
      soa: 'SOA',
      srv: 'SRV',
      mx: 'MX',
      options: 'OPT',
      uri: 'URI',
      text: 'TXT'
    }
  },
  dnsSoa: {
    opening: '{',
    fields: {
      target: 'MName',
      mailbox: 'RName',
      serial: 'Serial',
      refresh: 'Refresh',
      retry: 'Retry',
      expire: 'Expire',
      minimum: 'Minimum'
    }
  },
  dnsSrv: {
    opening: '{',
    fields: { priority: 'Priority', weight: 'Weight', port: 'Port', target: 'Name' }
  },
  dnsMx: {
    opening: '{',
    fields: { preference: 'Preference', target: 'Name' }
  },
  dnsOption: {
    opening: '{',
    fields: { code: 'Code', data: 'Data' }
  },
  dnsUri: {
    opening: '{',
    fields: { priority: 'Priority', weight: 'Weight', target: 'Target' }
  },
  dhcp: {
    opening: ',"DHCP":{',
    fields: {
      contents: 'Contents',
      payload: 'Payload',
      operation: 'Operation',
      hardwareType: 'HardwareType',
      hardwareLength: 'HardwareLen',
      relayHops: 'HardwareOpts',
      transactionId: 'Xid',
      seconds: 'Secs',
      flags: 'Flags',
      clientIp: 'ClientIP',
      yourIp: 'YourClientIP',
      serverIp: 'NextServerIP',
      relayIp: 'RelayAgentIP',
      hardwareAddress: 'ClientHWAddr',
      serverName: 'ServerName',
      file: 'File',
      options: 'Options'
    }
  },
  dhcpOption: {
    opening: '{',
    fields: { type: 'Type', length: 'Length', data: 'Data' }
  },
  decodeError: {
    opening: ',"DecodeError":{',
    fields: { layer: 'Layer', offset: 'Offset', reason: 'Reason' }
  },
  vlan: { opening: '{', fields: { protocol: 'Protocol', tci: 'Tci' } },
  meta: {
    opening: ',',
    fields: {
      group: 'Group',
      seq: 'Seq',
      seqGlobal: 'SeqGlobal',
      hook: 'Hook',
      mark: 'Mark',
      uid: 'Uid',
      gid: 'Gid',
      family: 'Family',
      etherType: 'EtherType',
      inIndex: 'InIndex',
      outIndex: 'OutIndex',
      physInIndex: 'PhysInIndex',
      physOutIndex: 'PhysOutIndex',
      originalLength: 'OriginalLength',
      physInDevice: 'PhysInDev',
      physOutDevice: 'PhysOutDev',
      timestampSource: 'TimestampSource',
      vlan: 'Vlan',
      hwAddress: 'HwAddress',
      l2Header: 'L2Header',
      direction: 'Direction',
      rule: 'Rule',
      communityId: 'CommunityId',
      conntrack: 'Conntrack'
    }
  },
  rule: { opening: '{', fields: { name: 'Name', id: 'Id' } },
  conntrack: {
    opening: ',',
    fields: {
      original: 'Original',
      reply: 'Reply',
      info: 'Info',
      status: 'Status',
      mark: 'Mark',
      id: 'Id',
      zone: 'Zone',
      timeout: 'Timeout'
    }
  },
  conntrackTuple: {
    opening: ',',
    fields: {
      source: 'SrcIP',
      destination: 'DstIP',
      protocol: 'Protocol',
      sourcePort: 'SrcPort',
      destinationPort: 'DstPort',
      icmpType: 'IcmpType',
      icmpCode: 'IcmpCode',
      icmpId: 'IcmpId',
      zone: 'Zone'
    }
  }
} as const

type Table = typeof table

function fragments(opening: string, fields: Readonly<Record<string, string>>): Record<string, Fragment> {
  const entries = Object.entries(fields).map(([field, name], index): [string, Fragment] => [
    field,
    new Fragment(`${index === 0 ? opening : ','}"${name}":`)
  ])
  return Object.fromEntries(entries)
}

/** For each object and field, the text in front of the value. */
export const NAMES: { readonly [O in keyof Table]: { readonly [F in keyof Table[O]['fields']]: Fragment } } =
  Object.fromEntries(
    Object.entries(table).map(([object, { opening, fields }]) => [object, fragments(opening, fields)])
  ) as { [O in keyof Table]: { [F in keyof Table[O]['fields']]: Fragment } }

const NAMED_BY_DNS: ReadonlySet<string> = new Set(['target', 'mailbox'])

/** What a record holds under the key of a type that is not its own: every field, with Go's zero values. */
function zeroData(key: string, fields: Readonly<Record<string, string>>): Fragment {
  const zeros = Object.entries(fields).map(([field, name]) => `"${name}":${NAMED_BY_DNS.has(field) ? 'null' : '0'}`)
  return new Fragment(`,"${key}":{${zeros.join(',')}}`)
}

export const NO_SOA: Fragment = zeroData(table.dnsRecord.fields.soa, table.dnsSoa.fields)
export const NO_SRV: Fragment = zeroData(table.dnsRecord.fields.srv, table.dnsSrv.fields)
export const NO_MX: Fragment = zeroData(table.dnsRecord.fields.mx, table.dnsMx.fields)
export const NO_URI: Fragment = zeroData(table.dnsRecord.fields.uri, table.dnsUri.fields)

/** Opens the kernel's metadata; its fields follow as those of `meta`. */
export const META_KEY: Fragment = new Fragment(',"Meta":')

/** TCP's nine flags and the name behind them are one piece of text for each of the 512 values, lowest bit first. */
export const TCP_FLAGS: readonly Fragment[] = Array.from({ length: 512 }, (_, flags) => {
  const { fin, syn, rst, psh, ack, urg, ece, cwr, ns, window } = table.tcp.fields
  const fields = [fin, syn, rst, psh, ack, urg, ece, cwr, ns].map(
    (name, bit) => `,"${name}":${((flags >> bit) & 1) === 1}`
  )
  return new Fragment(`${fields.join('')},"${window}":`)
})

/** What an IPv4 header starts and goes on with, whole: without options and type of service, and "don't fragment". */
const { version, ihl, tos, length, flags, fragmentOffset, ttl } = table.ipv4.fields
export const PLAIN_IPV4: Fragment = new Fragment(`,"${version}":4,"${ihl}":5,"${tos}":0,"${length}":`)
export const UNFRAGMENTED: Fragment = new Fragment(`,"${flags}":2,"${fragmentOffset}":0,"${ttl}":`)

/** How options of TCP and IPv4 that are met every minute start, by type and length; the single-byte ones are whole. */
export const COMMON_OPTIONS: ReadonlyMap<number, Fragment> = new Map(
  [
    [0, 1],
    [1, 1],
    [2, 4],
    [3, 3],
    [4, 2],
    [5, 10],
    [8, 10]
  ].map(([kind = 0, size = 0]) => {
    const { type, length, data } = table.headerOption.fields
    const start = `{"${type}":${kind},"${length}":${size},"${data}":`
    return [optionKey(kind, size), new Fragment(size === 1 ? `${start}null}` : start)]
  })
)

export function optionKey(type: number, length: number): number {
  return (type << 8) | length
}
