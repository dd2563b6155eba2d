import type { Alerts } from '../alerts/alerts.js'
import type { AlertEntry } from '../alerts/entry.js'
import { entryId } from '../alerts/entry.js'
import type { Alert } from './alert.js'
import { EntryCounts } from './entry-counts.js'
import type { RuleStats } from './stats.js'

/** An `alerts.json` in force, what its entries counted also before it was read anew, and what of it is snoozed. */
export class RunningAlerts {
  readonly alerts: Alerts
  /** What entries that did not change had counted before; and what was held back, which only this knows. */
  readonly #counts: EntryCounts<AlertEntry>
  readonly #snoozedUntil: Map<string, number>

  constructor(alerts: Alerts, before: RunningAlerts | undefined) {
    this.alerts = alerts
    this.#snoozedUntil = before === undefined ? new Map<string, number>() : before.#snoozedUntil
    this.#counts = new EntryCounts(alerts.entries, before === undefined ? undefined : before.#retire())
    const ids = new Set(alerts.entries.map(entryId))
    for (const id of this.#snoozedUntil.keys()) if (!ids.has(id)) this.#snoozedUntil.delete(id)
  }

  /** Adds what was counted here to what was before. */
  #retire(): EntryCounts<AlertEntry> {
    for (const { index, hits, alerts, failures, lastHitMs } of this.alerts.stats()) {
      const count = this.#counts.at(index)
      count.hits += hits
      count.alerts += alerts
      count.failures += failures
      count.lastHitMs = lastHitMs ?? count.lastHitMs
    }
    return this.#counts
  }

  evaluate(topic: string, json: () => unknown, nowMs: number, raise: (alert: Alert) => void): void {
    this.alerts.evaluate({ topic, json }, nowMs, (alert, index) => {
      const until = this.#snoozedUntil.get(alert.ruleId)
      if (until !== undefined && nowMs < until) this.#counts.at(index).snoozed++
      else raise(alert)
    })
  }

  /** @returns false when there is no such rule */
  snooze(ruleId: string, untilMs: number): boolean {
    const isKnown = this.alerts.entries.some(entry => entryId(entry) === ruleId)
    if (isKnown) this.#snoozedUntil.set(ruleId, untilMs)
    return isKnown
  }

  stats(nowMs: number): RuleStats[] {
    return this.alerts.stats().map(({ index, ruleId, ...now }) => {
      const before = this.#counts.at(index)
      const lastHitMs = now.lastHitMs ?? before.lastHitMs
      const until = this.#snoozedUntil.get(ruleId)
      return {
        source: 'alerts',
        id: ruleId,
        hits: now.hits + before.hits,
        alerts: now.alerts + before.alerts - before.snoozed,
        suppressed: { cooldown: 0, aggregate: 0, snooze: before.snoozed, flood: 0, dryRun: 0 },
        failures: now.failures + before.failures,
        ...(lastHitMs === undefined ? {} : { lastHitMs }),
        ...(until === undefined || until <= nowMs ? {} : { snoozedUntilMs: until }),
        keys: 0,
        keysEvicted: 0
      }
    })
  }
}
