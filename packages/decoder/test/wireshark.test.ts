import { describe, expect, it } from 'vitest'
import type { Layer, Packet } from '../src/index.js'
import { Dhcpv4, Dns, decodePacket, Icmpv4, Icmpv6, Igmp, Ipv4, Ipv6, Sctp, Tcp, Udp } from '../src/index.js'
import { dissections, vectors } from './vectors.js'

/** How many fields of how many kinds the last change of the decoder left comparable. */
const COMPARED = 13_706

type Fields = Record<string, readonly (string | number)[]>

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`
const flag = (value: boolean): number => (value ? 1 : 0)

/** Our fields under Wireshark's names, of each layer in its order; a layer that is not whole only with what is. */
function fieldsOf(layer: Layer, isWhole: boolean): Record<string, string | number> {
  if (layer instanceof Ipv4) {
    return {
      'ip.version': layer.version,
      'ip.hdr_len': layer.ihl * 4,
      'ip.dsfield': hex(layer.tos, 2),
      'ip.len': layer.length,
      'ip.id': hex(layer.id, 4),
      'ip.flags.df': (layer.flags >> 1) & 1,
      'ip.flags.mf': layer.flags & 1,
      'ip.frag_offset': layer.fragmentOffset,
      'ip.ttl': layer.ttl,
      'ip.proto': layer.protocol,
      'ip.src': layer.source,
      'ip.dst': layer.destination
    }
  }
  if (layer instanceof Ipv6) {
    return {
      'ipv6.version': layer.version,
      'ipv6.plen': layer.length,
      'ipv6.nxt': layer.nextHeader,
      'ipv6.hlim': layer.hopLimit,
      'ipv6.src': layer.source,
      'ipv6.dst': layer.destination
    }
  }
  if (layer instanceof Tcp) {
    return {
      'tcp.srcport': layer.sourcePort,
      'tcp.dstport': layer.destinationPort,
      'tcp.seq_raw': layer.seq,
      'tcp.ack_raw': layer.ackNumber,
      'tcp.hdr_len': layer.dataOffset * 4,
      'tcp.flags': hex((layer.reserved << 9) | layer.flags, 4),
      'tcp.window_size_value': layer.window,
      'tcp.urgent_pointer': layer.urgentPointer
    }
  }
  if (layer instanceof Udp) {
    return {
      'udp.srcport': layer.sourcePort,
      'udp.dstport': layer.destinationPort,
      'udp.length': layer.length
    }
  }
  if (layer instanceof Icmpv4) return { 'icmp.type': layer.type, 'icmp.code': layer.code }
  if (layer instanceof Icmpv6) return { 'icmpv6.type': layer.type, 'icmpv6.code': layer.code }
  if (layer instanceof Igmp) return { 'igmp.type': hex(layer.type, 2) }
  if (layer instanceof Sctp) return { 'sctp.srcport': layer.sourcePort, 'sctp.dstport': layer.destinationPort }
  if (layer instanceof Dhcpv4) return dhcpFields(layer)
  return layer instanceof Dns && isWhole ? dnsFields(layer) : {}
}

function dnsFields(dns: Dns): Record<string, string | number> {
  return {
    'dns.id': hex(dns.id, 4),
    'dns.flags': hex((dns.contents[2] ?? 0) * 256 + (dns.contents[3] ?? 0), 4),
    'dns.flags.response': flag(dns.isResponse),
    'dns.flags.opcode': dns.opCode,
    ...(dns.isResponse ? { 'dns.flags.rcode': dns.responseCode & 0x0f } : {}),
    'dns.count.queries': dns.announced(0),
    'dns.count.answers': dns.announced(1),
    'dns.count.auth_rr': dns.announced(2),
    'dns.count.add_rr': dns.announced(3)
  }
}

function dhcpFields(dhcp: Dhcpv4): Record<string, string | number> {
  const messageType = dhcp.options.find(({ type, length }) => type === 53 && length === 1)?.data?.[0]
  return {
    'dhcp.type': dhcp.operation,
    'dhcp.id': hex(dhcp.transactionId, 8),
    'dhcp.ip.client': dhcp.clientIp,
    'dhcp.ip.your': dhcp.yourIp,
    'dhcp.ip.server': dhcp.serverIp,
    'dhcp.ip.relay': dhcp.relayIp,
    ...(messageType === undefined ? {} : { 'dhcp.option.dhcp': messageType }),
    ...(dhcp.hardwareLength === 6 && dhcp.hardwareType === 1
      ? { 'dhcp.hw.mac_addr': [...dhcp.hardwareAddress].map(byte => byte.toString(16).padStart(2, '0')).join(':') }
      : {})
  }
}

/** Fields a message has many of. */
function listsOf({ dns, dhcpv4, error }: Packet): Fields {
  const lists: Record<string, readonly (string | number)[]> = {}
  if (dns !== undefined && error === undefined) {
    const records = [...dns.answers, ...dns.authorities, ...dns.additionals]
    lists['dns.a'] = records.flatMap(({ type, address }) => (type === 1 && address !== undefined ? [address] : []))
    lists['dns.aaaa'] = records.flatMap(({ type, address }) => (type === 28 && address !== undefined ? [address] : []))
    lists['dns.cname'] = records.flatMap(({ type, target }) => (type === 5 ? [nameOf(target)] : []))
    lists['dns.qry.name'] = dns.questions.map(({ name }) => nameOf(name))
    lists['dns.qry.type'] = dns.questions.map(({ type }) => type)
    lists['dns.qry.class'] = dns.questions.map(question => hex(question.class, 4))
    lists['dns.resp.name'] = records.map(({ name }) => nameOf(name))
    lists['dns.resp.type'] = records.map(({ type }) => type)
    // The option record has flags there.
    lists['dns.resp.ttl'] = records.filter(({ type }) => type !== 41).map(({ ttl }) => ttl)
  }
  if (dhcpv4 !== undefined && error === undefined) {
    lists['dhcp.option.type'] = dhcpv4.options.map(({ type }) => type)
  }
  return lists
}

const nameOf = (name: string | undefined): string => (name === undefined || name === '' ? '<Root>' : name)

/** Where we do not agree, and why. */
const REASONS: Readonly<Record<string, string>> = {
  'ip-opt-ssrr ip.dst': 'Wireshark shows where a source route ends; the header names the next hop',
  'ipip94-dns ip': 'Wireshark does not open protocol 94',
  'dhcp-pads dhcp.option.type': 'Wireshark lists a run of pads as one option',
  'dns-name-255 dns.qry.name': 'Wireshark cuts names at 255 characters of text',
  'dns-name-binary dns.qry.name': 'Wireshark escapes control characters',
  'dns-ptr-header-id dns.qry.name': 'Wireshark escapes control characters',
  'fuzz-flip-36 dns.qry.name': 'Wireshark escapes control characters'
}

/** Fields of Wireshark's that are no field of a packet: its own guess at the protocols, and its own complaints. */
const NOT_COMPARED = ['_ws.malformed', 'frame.protocols']

describe('Wireshark', () => {
  it('agrees on every field both know, or it is said why not', () => {
    const fields = new Set<string>()
    const disagreements = new Set<string>()
    let compared = 0
    for (const { id, logged } of vectors) {
      const theirs = dissections.get(id)
      if (theirs === undefined) continue
      const packet = decodePacket(logged.payload)
      const compare = (field: string, value: string | number, index: number): void => {
        const values = theirs[field]
        if (values === undefined) return
        fields.add(field)
        compared++
        const known = [`${id} ${field}`, `${id} ${field.split('.')[0]}`].find(key => REASONS[key] !== undefined)
        if (values[index] === String(value)) return
        disagreements.add(known ?? `${id} ${field}: ${value}, Wireshark ${values.join()}`)
      }
      const seen = new Map<string, number>()
      for (const layer of packet.layers) {
        const isLast = layer === packet.layers.at(-1)
        for (const [field, value] of Object.entries(fieldsOf(layer, !isLast || packet.error === undefined))) {
          const index = seen.get(field) ?? 0
          seen.set(field, index + 1)
          compare(field, value, index)
        }
      }
      for (const [field, values] of Object.entries(listsOf(packet))) {
        for (const [index, value] of values.entries()) compare(field, value, index)
      }
    }
    expect([...disagreements].sort()).toEqual(Object.keys(REASONS).sort())
    // Of 815 packets. Fewer would mean that something is no longer decoded.
    expect(compared).toBeGreaterThanOrEqual(COMPARED)
    const all = new Set([...dissections.values()].flatMap(theirs => Object.keys(theirs)))
    expect([...all].filter(field => !fields.has(field)).sort()).toEqual(NOT_COMPARED)
  })
})
