import type { RuleSets, RuleStats } from '@packet-logs/rules'
import { notificationFilter } from '@packet-logs/rules'
import { alertId, findAlertFilter } from './alert-entries.js'
import type { AskedRule, WhyNot, WhyNotReport } from './why-not.js'

/** What became of a rule in a trial. */
export interface RuleOutcome extends RuleStats {
  readonly isEnabled: boolean
  /** Alerts raised and, of rules that only count, those that would have been. */
  readonly fired: number
  /** How many matches, or different values, its threshold asks for. */
  readonly wanted?: number
  readonly withinMs?: number
  /** Of rules that did not fire. */
  readonly whyNot?: WhyNotReport
}

/** A rule, before it is tried. */
export interface TriedRule extends AskedRule {
  readonly wanted?: number
  readonly withinMs?: number
}

/** The rules of a file, as a trial asks about them; in the order of the engine's statistics. */
export function triedRules(
  { notifications, alerts, rules }: RuleSets,
  reading: 'spr' | 'strict'
): readonly TriedRule[] {
  return [
    ...(notifications?.entries ?? []).map((entry, index) => ({
      id: String(index),
      isEnabled: entry.Notification,
      topics: ['nft:'],
      filter: notificationFilter(entry, reading)
    })),
    ...(alerts?.entries ?? []).map(entry => ({
      id: alertId(entry),
      isEnabled: !entry.Disabled,
      topics: [entry.TopicPrefix],
      filter: findAlertFilter(entry, 'spr').filter ?? findAlertFilter(entry, 'strict').filter
    })),
    ...(rules?.rules ?? []).map(({ id, enabled, topics, when, threshold, distinct }) => {
      const counted = threshold ?? distinct
      return {
        id,
        isEnabled: enabled,
        topics,
        filter: when,
        ...(counted && { wanted: counted.count, withinMs: counted.withinMs })
      }
    })
  ]
}

/** Joins what the engine counted with why rules did not fire. */
export function outcomes(
  rules: readonly TriedRule[],
  stats: readonly RuleStats[],
  whyNot: WhyNot | undefined
): RuleOutcome[] {
  // Entries of alerts.json may share a name: the first statistics of one belong to the first entry of it.
  const byId = new Map<string, RuleStats[]>()
  for (const one of stats) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
  return rules.flatMap(({ id, isEnabled, wanted, withinMs }, index) => {
    const known = byId.get(id)?.shift()
    if (known === undefined) return []
    const fired = known.alerts + known.suppressed.dryRun
    const report = fired === 0 && isEnabled ? whyNot?.report(index) : undefined
    return [
      {
        ...known,
        isEnabled,
        fired,
        ...(wanted !== undefined && { wanted }),
        ...(withinMs !== undefined && { withinMs }),
        ...(report && { whyNot: report })
      }
    ]
  })
}
