import type { Expression } from '../filter/expression.js'
import { fields } from '../filter/fields/table.js'
import type { IndexedFilter } from '../filter/lookup/filter-index.js'
import { readFilter } from '../filter/read-filter.js'
import { FieldReader } from './field-reader.js'
import type { Rule } from './rule.js'
import type { TemplatePart } from './template.js'
import { TemplateReader } from './template.js'

/** A rule with everything in it that is text compiled. */
export interface CompiledRule {
  /** For packets and their events; undefined when the rule is about other topics only. */
  readonly packetFilter: IndexedFilter | undefined
  /** For all other events; undefined when the rule is about packets only. */
  readonly eventFilter: IndexedFilter | undefined
  readonly by: readonly FieldReader[]
  readonly distinct: FieldReader | undefined
  readonly title: readonly TemplatePart[]
  readonly message: readonly TemplatePart[]
  /** What the templates show. */
  readonly shown: readonly FieldReader[]
}

export const PACKET_TOPIC = 'nft:'

const compiled = new WeakMap<Rule, CompiledRule>()

/**
 * Compiles a rule, each once.
 * @throws RuleError for a rule that did not come out of a rule file and is none
 */
export function compileRule(rule: Rule): CompiledRule {
  const known = compiled.get(rule)
  if (known !== undefined) return known
  const filter = readFilter(rule.when)
  const templates = new TemplateReader()
  const title = templates.read(rule.title)
  const message = templates.read(rule.message)
  const made: CompiledRule = {
    packetFilter: touchesPackets(rule.topics) ? onTopics(filter, rule.topics, PACKET_TOPIC) : undefined,
    eventFilter: touchesOthers(rule.topics) ? onTopics(filter, rule.topics, '') : undefined,
    by: rule.by.map(name => new FieldReader(name)),
    distinct: rule.distinct === undefined ? undefined : new FieldReader(rule.distinct.field),
    title,
    message,
    shown: templates.fields
  }
  compiled.set(rule, made)
  return made
}

/** Whether a beginning of topics has packets, all or some. */
export function isOfPackets(topic: string): boolean {
  return topic.startsWith(PACKET_TOPIC) || PACKET_TOPIC.startsWith(topic)
}

function touchesPackets(topics: readonly string[]): boolean {
  return topics.some(isOfPackets)
}

function touchesOthers(topics: readonly string[]): boolean {
  return topics.some(topic => !topic.startsWith(PACKET_TOPIC))
}

/** The filter, and that the topic begins with one of these; not asked where all the topics do that are put before it. */
function onTopics(filter: IndexedFilter, topics: readonly string[], all: string): IndexedFilter {
  if (topics.some(topic => all.startsWith(topic))) return filter
  const field = fields.get('topic')
  if (field === undefined) return filter
  const beginnings = topics.map((topic): Expression => {
    const wanted: Expression = { op: 'literal', type: 'string', value: topic }
    return { op: 'text', type: 'bool', test: 'startsWith', of: { op: 'field', type: 'string', field }, wanted }
  })
  const [only] = beginnings
  const isTopic: Expression =
    only !== undefined && beginnings.length === 1 ? only : { op: 'or', type: 'bool', of: beginnings }
  return {
    variables: filter.variables,
    expression: { op: 'and', type: 'bool', of: [isTopic, filter.expression] }
  }
}
