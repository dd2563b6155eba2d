import { compatDnsType } from './dns-types.js'
import { LineBuilder } from './line-builder.js'
import { namedPort } from './port-names.js'
import { type PacketFacts, type Question, questionsOf } from './read-packet.js'
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
  const uint = (line: LineBuilder, name: string, value: unknown): void => {
    const count = countOf(value)
    if (count === undefined) return
    if (unsigned) line.uint(name, count)
    else line.int(name, count)
  }

  const lineOf = (facts: PacketFacts, seq: number, question?: Question, index = 0): string | undefined => {
    const kind = facts.tcp ? 'tcp' : facts.udp ? 'udp' : undefined
    const layer = facts.tcp ?? facts.udp
    const line = new LineBuilder(kind ?? 'ip')
      .tag('Action', facts.action)
      .tag('DstIP', facts.destination)
      .tag('Prefix', facts.prefix)
      .tag('SrcIP', facts.source)
    uint(line, 'Checksum', layer?.Checksum)
    if (question !== undefined) {
      uint(line, 'DNS.ID', facts.dns?.ID)
      line.string('DNS.Name', question.name).string('DNS.Type', compatDnsType(question.type))
    }
    if (kind !== undefined) port(line, 'DstPort', layer?.DstPort, kind)
    uint(line, 'Length', facts.length)
    if (kind !== undefined) port(line, 'SrcPort', layer?.SrcPort, kind)
    return line.end(pointTime(facts.time, seq, index))
  }

  return {
    points(facts, seq) {
      // SPR's exporter fell over a packet without IP.
      if (facts.ipVersion === undefined) return undefined
      const questions = facts.tcp || !facts.udp ? [] : questionsOf(facts.dns).slice(0, MAX_QUESTIONS)
      const lines =
        questions.length === 0
          ? [lineOf(facts, seq)]
          : questions.map((question, index) => lineOf(facts, seq, question, index))
      const points = lines.filter(line => line !== undefined)
      return points.length > 0 ? points : undefined
    },
    gap: () => [],
    summary: () => []
  }
}

function port(line: LineBuilder, name: string, value: unknown, kind: 'tcp' | 'udp'): void {
  const number = countOf(value)
  if (number !== undefined) line.string(name, namedPort(number, kind))
}
