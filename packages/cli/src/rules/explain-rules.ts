import { parseRules, type Rule } from '@packet-logs/rules'
import { formatDuration } from './duration.js'
import type { RuleExplanation } from './explain-rule-file.js'
import { filterReading } from './filter-reading.js'
import type { RuleFile } from './rule-file.js'
import { ruleLines } from './rule-lines.js'

/** Each rule of a rules.yaml in words. */
export function explainRules({ name, text }: RuleFile): readonly RuleExplanation[] {
  const { rules } = parseRules(text, { file: name })
  const lineOf = ruleLines(text)
  return rules.map(rule => {
    const line = lineOf(rule.id)
    return {
      id: rule.id,
      ...(line !== undefined && { line }),
      says: sentences(rule),
      readings: [filterReading('when', rule.when, rule.topics)],
      notes: []
    }
  })
}

function sentences(rule: Rule): string[] {
  const { topics, by, threshold, distinct, cooldownMs, aggregateMs, snoozeUntilMs } = rule
  const same = by.length === 0 ? '' : ` with the same ${by.join(' and ')}`
  const each = by.length === 0 ? '' : ` for each ${by.join(' and ')}`
  return [
    `Looks at ${topics.map(subject).join(' and ')}.`,
    ...(threshold === undefined
      ? []
      : [`Waits until ${threshold.count} of them${same} came within ${formatDuration(threshold.withinMs)}.`]),
    ...(distinct === undefined
      ? []
      : [
          `Waits until ${distinct.count} different values of ${distinct.field}${same} came within ${formatDuration(distinct.withinMs)}.`
        ]),
    `Raises an alert of severity ${rule.severity}${each}, under alert:<topic>:${rule.suffix}, to ${listed(rule.actions)}.`,
    ...(cooldownMs === undefined ? [] : [`Then is silent for ${formatDuration(cooldownMs)}${each}.`]),
    ...(aggregateMs === undefined
      ? []
      : [`What follows is summed up once in ${formatDuration(aggregateMs)}${each}, with count, first and last.`]),
    ...(snoozeUntilMs === undefined ? [] : [`Is snoozed until ${new Date(snoozeUntilMs).toISOString()}.`]),
    ...(rule.dryRun ? ['Only counts what it would raise: dryRun is on.'] : []),
    ...(rule.enabled ? [] : ['Is switched off.'])
  ]
}

function subject(topic: string): string {
  if (topic === '') return 'everything on the bus'
  if (topic === 'nft:') return 'packets'
  return topic.startsWith('nft:') ? `packets of ${topic}…` : `events of ${topic}…`
}

function listed(actions: readonly string[]): string {
  return actions.length === 0 ? 'nobody' : actions.join(' and ')
}
