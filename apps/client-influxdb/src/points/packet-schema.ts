import { Point } from '@influxdata/influxdb-client'
import type { Icmpv4Info, MetaInfo, TcpInfo, TlsInfo } from '@packet-logs/decoder'
import { type AddressTags, createAddressTagger } from './address-tags.js'
import { communityIdOf } from './community-id.js'
import { dnsType } from './dns-types.js'
import { fieldText } from './line-text.js'
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

  const tagAddress = (point: Point, name: string, value: string | undefined): void => {
    if (value !== undefined) point.tag(name, value)
  }

  return {
    points(facts, seq) {
      const point = new Point(MEASUREMENT)
      for (const [name, value] of tagsOf(facts)) point.tag(name, value)
      tagAddress(point, 'src', sourceTag?.(facts.source))
      tagAddress(point, 'dst', destinationTag?.(facts.destination))
      point.intField('packets', 1)
      count(point, 'bytes', facts.length)
      text(point, 'src_ip', facts.source)
      text(point, 'dst_ip', facts.destination)
      addNetwork(point, facts)
      addNames(point, facts)
      if (communityId) text(point, 'community_id', communityIdOf(facts) ?? '')
      const line = point.timestamp(pointTime(facts.time, seq)).toLineProtocol()
      return line === undefined ? undefined : [line]
    },

    gap({ where, lost, group }, nowMs) {
      const point = new Point(GAP_MEASUREMENT).tag('where', where)
      if (group !== undefined) point.tag('group', String(group))
      // A gap of unknown size is still one.
      point.intField('gaps', 1)
      if (lost !== null) point.intField('lost', lost)
      const line = point.timestamp(`${nowMs}000000`).toLineProtocol()
      return line === undefined ? [] : [line]
    },

    summary: () => []
  }
}

/** What the headers say. */
function addNetwork(point: Point, { tcp, udp, ip, event, ethernet }: PacketFacts): void {
  const ported = tcp ?? udp ?? objectOf<{ SrcPort: number; DstPort: number }>(event.SCTP)
  count(point, 'src_port', ported?.SrcPort)
  count(point, 'dst_port', ported?.DstPort)
  if (tcp) text(point, 'tcp_flags', TCP_FLAGS.filter(flag => tcp[flag] === true).join(','))
  const icmp = objectOf<Icmpv4Info>(event.ICMPv4 ?? event.ICMPv6)
  count(point, 'icmp_type', icmp?.Type)
  count(point, 'icmp_code', icmp?.Code)
  count(point, 'ttl', ip.TTL ?? ip.HopLimit)
  text(point, 'src_mac', textOf(ethernet?.SrcMAC))
  text(point, 'dst_mac', textOf(ethernet?.DstMAC))
  const meta = objectOf<MetaInfo>(event.Meta)
  count(point, 'mark', meta?.Mark)
  count(point, 'uid', meta?.Uid)
}

/** Which names the packet is about. */
function addNames(point: Point, { event, dns }: PacketFacts): void {
  text(point, 'src_domain', textOf(event.RecentDomainSrc))
  text(point, 'dst_domain', textOf(event.RecentDomainDst))
  text(point, 'tls_name', textOf(objectOf<TlsInfo>(event.TLS)?.SNI))
  const questions = questionsOf(dns)
  if (questions.length === 0) return
  text(point, 'dns_name', questions.map(({ name }) => name || '.').join(' '))
  text(point, 'dns_type', questions.map(({ type }) => dnsType(type)).join(' '))
  count(point, 'dns_rcode', dns?.QR === true ? dns.ResponseCode : undefined)
}

function count(point: Point, name: string, value: unknown): void {
  const number = countOf(value)
  if (number !== undefined) point.intField(name, number)
}

function text(point: Point, name: string, value: string): void {
  if (value !== '') point.stringField(name, fieldText(value))
}
