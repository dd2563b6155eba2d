import type { Icmpv4Info, MetaInfo, TcpInfo, TlsInfo } from '@packet-logs/decoder'
import { type AddressTags, createAddressTagger } from './address-tags.js'
import { communityIdOf } from './community-id.js'
import { dnsType } from './dns-types.js'
import { LineBuilder } from './line-builder.js'
import { createPacketTags } from './packet-tags.js'
import { type PacketFacts, questionsOf } from './read-packet.js'
import type { Schema } from './schema.js'
import { pointTime } from './timestamp.js'
import { countOf, objectOf, textOf } from './unchecked.js'

const MEASUREMENT = 'packets'
const GAP_MEASUREMENT = 'gaps'

const TCP_FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR', 'NS'] as const satisfies (keyof TcpInfo)[]

/** What of an event the schema can be told to do differently. */
export interface PacketSchemaOptions {
  addressTags: AddressTags
  /** Write community IDs, of which each costs a hash and some thirty bytes. */
  communityId: boolean
}

/** One point per packet: what there are few of are tags, everything else fields, and numbers are numbers. */
export function createPacketSchema({ addressTags, communityId }: PacketSchemaOptions): Schema {
  const sourceTag = createAddressTagger(addressTags)
  const destinationTag = createAddressTagger(addressTags)
  const tagsOf = createPacketTags()

  return {
    points(facts, seq) {
      const line = new LineBuilder(MEASUREMENT)
      const [destination, source] = [destinationTag?.(facts.destination), sourceTag?.(facts.source)]
      for (const [name, value] of tagsOf(facts)) line.tag(name, value)
      if (destination !== undefined) line.tag('dst', destination)
      if (source !== undefined) line.tag('src', source)
      line.int('packets', 1)
      count(line, 'bytes', facts.length)
      text(line, 'src_ip', facts.source)
      text(line, 'dst_ip', facts.destination)
      addNetwork(line, facts)
      addNames(line, facts)
      if (communityId) text(line, 'community_id', communityIdOf(facts) ?? '')
      const point = line.end(pointTime(facts.time, seq))
      return point === undefined ? undefined : [point]
    },

    gap({ where, lost, group }, nowMs) {
      const line = new LineBuilder(GAP_MEASUREMENT)
      if (group !== undefined) line.tag('group', String(group))
      // A gap of unknown size is still one.
      line.tag('where', where).int('gaps', 1)
      if (lost !== null) line.int('lost', lost)
      const point = line.end(`${nowMs}000000`)
      return point === undefined ? [] : [point]
    },

    summary: () => []
  }
}

/** What the headers say. */
function addNetwork(line: LineBuilder, { tcp, udp, ip, event, ethernet }: PacketFacts): void {
  const ported = tcp ?? udp ?? objectOf<{ SrcPort: number; DstPort: number }>(event.SCTP)
  count(line, 'src_port', ported?.SrcPort)
  count(line, 'dst_port', ported?.DstPort)
  if (tcp) text(line, 'tcp_flags', TCP_FLAGS.filter(flag => tcp[flag] === true).join(','))
  const icmp = objectOf<Icmpv4Info>(event.ICMPv4 ?? event.ICMPv6)
  count(line, 'icmp_type', icmp?.Type)
  count(line, 'icmp_code', icmp?.Code)
  count(line, 'ttl', ip.TTL ?? ip.HopLimit)
  text(line, 'src_mac', textOf(ethernet?.SrcMAC))
  text(line, 'dst_mac', textOf(ethernet?.DstMAC))
  const meta = objectOf<MetaInfo>(event.Meta)
  count(line, 'mark', meta?.Mark)
  count(line, 'uid', meta?.Uid)
}

/** Which names the packet is about. */
function addNames(line: LineBuilder, { event, dns }: PacketFacts): void {
  text(line, 'src_domain', textOf(event.RecentDomainSrc))
  text(line, 'dst_domain', textOf(event.RecentDomainDst))
  text(line, 'tls_name', textOf(objectOf<TlsInfo>(event.TLS)?.SNI))
  const questions = questionsOf(dns)
  if (questions.length === 0) return
  text(line, 'dns_name', questions.map(({ name }) => name || '.').join(' '))
  text(line, 'dns_type', questions.map(({ type }) => dnsType(type)).join(' '))
  count(line, 'dns_rcode', dns?.QR === true ? dns.ResponseCode : undefined)
}

function count(line: LineBuilder, name: string, value: unknown): void {
  const number = countOf(value)
  if (number !== undefined) line.int(name, number)
}

function text(line: LineBuilder, name: string, value: string): void {
  if (value !== '') line.string(name, value)
}
