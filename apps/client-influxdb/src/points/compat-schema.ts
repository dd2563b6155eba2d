import { Point } from '@influxdata/influxdb-client'
import { compatDnsType } from './dns-types.js'
import { fieldText, tagText } from './line-text.js'
import { namedPort } from './port-names.js'
import { type PacketFacts, questionsOf } from './read-packet.js'
import type { Schema } from './schema.js'
import { pointTime } from './timestamp.js'
import { countOf } from './unchecked.js'

/** Questions of one packet that become points; a message has one, as a rule. */
const MAX_QUESTIONS = 32

/**
 * The points of SPR's own exporter, in an existing bucket's types: ports are text, and addresses are tags. Other than there,
 * every DNS question survives, and IPv6 is written too.
 *
 * @param unsigned whether the database takes unsigned integers, which InfluxDB 1.x does not
 */
export function createCompatSchema(unsigned: boolean): Schema {
  const uint = (point: Point, name: string, value: unknown): void => {
    const count = countOf(value)
    if (count === undefined) return
    if (unsigned) point.uintField(name, count)
    else point.intField(name, count)
  }

  const begin = (facts: PacketFacts, measurement: string): Point => {
    const point = new Point(measurement)
    tag(point, 'Prefix', facts.prefix)
    tag(point, 'Action', facts.action)
    tag(point, 'SrcIP', facts.source)
    tag(point, 'DstIP', facts.destination)
    uint(point, 'Length', facts.length)
    return point
  }

  const transport = (facts: PacketFacts, kind: 'tcp' | 'udp'): Point => {
    const point = begin(facts, kind)
    const layer = facts[kind]
    port(point, 'SrcPort', layer?.SrcPort, kind)
    port(point, 'DstPort', layer?.DstPort, kind)
    uint(point, 'Checksum', layer?.Checksum)
    return point
  }

  return {
    points(facts, seq) {
      // SPR's exporter fell over a packet without IP.
      if (facts.ipVersion === undefined) return undefined
      if (facts.tcp) return finish([transport(facts, 'tcp')], facts, seq)
      if (!facts.udp) return finish([begin(facts, 'ip')], facts, seq)
      const questions = questionsOf(facts.dns)
      if (questions.length === 0) return finish([transport(facts, 'udp')], facts, seq)
      const points = questions.slice(0, MAX_QUESTIONS).map(({ name, type }) => {
        const point = transport(facts, 'udp')
        point.stringField('DNS.Type', compatDnsType(type)).stringField('DNS.Name', fieldText(name))
        uint(point, 'DNS.ID', facts.dns?.ID)
        return point
      })
      return finish(points, facts, seq)
    },
    gap: () => [],
    summary: () => []
  }
}

function tag(point: Point, name: string, value: string): void {
  const text = tagText(value)
  if (text !== '') point.tag(name, text)
}

function port(point: Point, name: string, value: unknown, kind: 'tcp' | 'udp'): void {
  const number = countOf(value)
  if (number !== undefined) point.stringField(name, namedPort(number, kind))
}

/** A point without any field is none. */
function finish(points: readonly Point[], facts: PacketFacts, seq: number): readonly string[] | undefined {
  const lines = points
    .map((point, index) => point.timestamp(pointTime(facts.time, seq, index)).toLineProtocol())
    .filter(line => line !== undefined)
  return lines.length > 0 ? lines : undefined
}
