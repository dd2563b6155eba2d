import { ConfigError, parseConfig } from '@packet-logs/config-file'
import { durationMs } from '../duration.js'
import type { RuleProblem } from '../errors.js'
import { costOf } from '../filter/cost.js'
import { FilterList } from '../filter/filter-list.js'
import { printable } from '../filter/source-text.js'
import { invalidFile } from '../json-file/parse.js'
import { checkRules } from './check-rules.js'
import { compileRule, isOfPackets } from './compile-rule.js'
import { MAX_RULES_COST } from './limits.js'
import type { Rule, Rules } from './rule.js'
import type { WrittenRule } from './schema.js'
import { rulesFileSchema } from './schema.js'

/** What a `rules.yaml` has to be, in every respect. */
export const checkedSchema: typeof rulesFileSchema = rulesFileSchema.superRefine(
  (file, context) => {
    checkRules(file, (path, message) => {
      context.addIssue({ code: 'custom', path: [...path], message })
    })
  },
  // Also of a file with a wrong field, the others are looked at.
  { when: () => true }
)

/**
 * Reads a `rules.yaml`, or the same in JSON.
 * @param options `file`: what the text is called in problems
 * @throws RuleError `RULE_INVALID` with every problem
 */
export function parseRules(text: string, options: { readonly file: string }): Rules {
  try {
    const { rules, actions } = parseConfig(text, { schema: checkedSchema, name: options.file })
    const parsed = rules.map(toRule)
    refuseCostly(parsed, options.file)
    return { rules: parsed, actions }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    const problems = cause.problems.map(({ name: file, line, field, message }): RuleProblem => {
      const place = { file, ...(line === undefined ? {} : { line }), path: printable(field) }
      return { ...place, message: message.split('\n').map(printable).join('\n') }
    })
    throw invalidFile(
      problems.sort((one, other) => (one.line ?? 0) - (other.line ?? 0)),
      cause
    )
  }
}

/** Each filter is bounded; very many of them that are all tried for the same packet need a bound of their own. */
function refuseCostly(rules: readonly Rule[], file: string): void {
  const compiled = rules.filter(({ enabled }) => enabled).map(compileRule)
  for (const kind of ['packetFilter', 'eventFilter'] as const) {
    const filters = compiled.map(rule => rule[kind])
    const all = filters.reduce((sum, filter) => sum + (filter === undefined ? 0 : costOf(filter.expression)), 0)
    // What costs little altogether costs little for one packet.
    if (all <= MAX_RULES_COST || new FilterList(filters).worstCost <= MAX_RULES_COST) continue
    const what = kind === 'packetFilter' ? 'packet' : 'event'
    const message =
      `may take too long for one ${what}: too many filters have to be tried for the same one; ` +
      'ask for an address, a port or another value in them that tells them apart, or search fewer texts'
    throw invalidFile([{ file, path: 'rules', message }])
  }
}

const PACKET_MESSAGE =
  '{{protocol}} from {{src.ip}} to {{dst.ip}}, port {{dst.port}}, {{action}}; {{count}} since {{first}}'
const EVENT_MESSAGE = '{{topic}}; {{count}} since {{first}}'

function toRule(written: WrittenRule): Rule {
  const { id, topics, threshold, distinct } = written
  const cooldownMs = milliseconds(written.cooldown)
  const aggregateMs = milliseconds(written.aggregate)
  return {
    id,
    when: written.when,
    topics,
    by: written.by ?? threshold?.by ?? distinct?.by ?? [],
    ...(threshold !== undefined && {
      threshold: { count: threshold.count, withinMs: milliseconds(threshold.within) ?? 0 }
    }),
    ...(distinct !== undefined && {
      distinct: { field: distinct.field, count: distinct.count, withinMs: milliseconds(distinct.within) ?? 0 }
    }),
    ...(cooldownMs !== undefined && { cooldownMs }),
    ...(aggregateMs !== undefined && { aggregateMs }),
    ...(written.snoozeUntil !== undefined && { snoozeUntilMs: Date.parse(written.snoozeUntil) }),
    severity: written.severity,
    title: written.title,
    message: written.message ?? (topics.some(isOfPackets) ? PACKET_MESSAGE : EVENT_MESSAGE),
    suffix: written.suffix ?? id,
    actions: written.actions,
    dryRun: written.dryRun,
    enabled: written.enabled
  }
}

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs(duration)
}
