import { explainFilter, parseRules, type Rule, type RuleProblem } from '@packet-logs/rules'
import type { RuleFileSummary } from './check-rule-file.js'
import type { RuleFile } from './rule-file.js'
import { ruleLines } from './rule-lines.js'

const packetTopic = 'nft:'

/** Loads a rules.yaml, and finds rules that can never match. */
export function checkRules(
  { name, text }: RuleFile,
  nowMs: number
): { warnings: readonly RuleProblem[]; summary: RuleFileSummary } {
  const { rules, actions } = parseRules(text, { file: name })
  const lineOf = ruleLines(text)
  const warnings: RuleProblem[] = []
  rules.forEach((rule, index) => {
    const line = lineOf(rule.id)
    for (const [field, message] of oddities(rule)) {
      warnings.push({ file: name, ...(line !== undefined && { line }), path: `rules[${index}].${field}`, message })
    }
  })
  const used = rules.flatMap(rule => rule.actions)
  for (const action of Object.keys(actions)) {
    if (!used.includes(action)) {
      warnings.push({ file: name, path: `actions.${action}`, message: 'is used by no rule' })
    }
  }
  const idsOf = (wanted: (rule: Rule) => boolean): string[] => rules.filter(wanted).map(({ id }) => id)
  return {
    warnings,
    summary: {
      rules: rules.length,
      onPackets: rules.filter(looksAtPackets).length,
      onEvents: rules.filter(({ topics }) => topics.some(isOtherTopic)).length,
      topics: [...new Set(rules.flatMap(({ topics }) => topics.filter(isOtherTopic)))],
      actions: [...new Set(used)].map(action => ({
        name: action,
        type: actions[action]?.type ?? action,
        rules: used.filter(name => name === action).length
      })),
      triedOnEachPacket: idsOf(rule => rule.enabled && looksAtPackets(rule) && isTriedOnEach(rule)),
      dryRun: idsOf(({ dryRun }) => dryRun),
      disabled: idsOf(({ enabled }) => !enabled),
      snoozed: rules.flatMap(({ id, snoozeUntilMs = 0 }) =>
        snoozeUntilMs > nowMs ? [{ id, untilMs: snoozeUntilMs }] : []
      )
    }
  }
}

function isTriedOnEach({ when }: Rule): boolean {
  return explainFilter(when).lookedUpBy.length === 0
}

/** Topics are matched by their beginning, and so is the beginning of `nft:`. */
function looksAtPackets({ topics }: Rule): boolean {
  return topics.some(topic => topic.startsWith(packetTopic) || packetTopic.startsWith(topic))
}

function isOtherTopic(topic: string): boolean {
  return !topic.startsWith(packetTopic)
}

/** What loads and can hardly be meant. */
function oddities(rule: Rule): [field: string, message: string][] {
  const found: [string, string][] = []
  const { conditions } = explainFilter(rule.when)
  const never = conditions.find(({ meaning }) => meaning === 'never')
  if (never !== undefined && rule.enabled) found.push(['when', 'never matches; enabled: false switches a rule off'])
  if (rule.enabled && rule.actions.length === 0) found.push(['actions', 'is empty: what it finds is only counted'])
  return found
}
