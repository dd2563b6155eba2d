import { type ExplainedCondition, explainFilter } from '@packet-logs/rules'
import type { ExaminedCondition, RuleReading } from './explain-rule-file.js'
import type { Subject } from './recorded.js'

/** A reading that a filter says completely, on the topics that begin so. */
export function filterReading(name: RuleReading['name'], filter: string, topics: readonly string[]): RuleReading {
  const { conditions, meaning } = explainFilter(filter)
  return {
    name,
    meaning,
    filter,
    examine: subject => {
      const topic = topicCondition(topics, subject)
      const examined = [...(topic === undefined ? [] : [topic]), ...conditions.map(one => examine(one, subject))]
      return { matches: examined.every(({ isMet }) => isMet), conditions: examined }
    }
  }
}

/** A reading in which nothing matches. */
export function emptyReading(name: RuleReading['name'], meaning: string): RuleReading {
  return { name, meaning, isEmpty: true, examine: () => ({ matches: false, conditions: [] }) }
}

function examine(condition: ExplainedCondition, subject: Subject): ExaminedCondition {
  const { source, meaning } = condition
  const isPacket = subject.kind === 'packet'
  const isMet = isPacket
    ? condition.matchesPacket(subject.logged, subject.packet)
    : condition.matchesEvent(subject.event)
  const seen = isPacket ? condition.seenInPacket(subject.logged, subject.packet) : condition.seenInEvent(subject.event)
  return { source, meaning, isMet, seen, absent: condition.reads.filter(name => !Object.hasOwn(seen, name)) }
}

/** Only worth a word where the topic is none of the rule's. */
export function topicCondition(topics: readonly string[], { topic }: Subject): ExaminedCondition | undefined {
  if (topics.some(wanted => topic.startsWith(wanted))) return undefined
  const wanted = topics.map(one => JSON.stringify(one)).join(' or ')
  return {
    source: `topics: [${topics.join(', ')}]`,
    meaning: `the topic begins with ${wanted}`,
    isMet: false,
    seen: { topic },
    absent: []
  }
}
