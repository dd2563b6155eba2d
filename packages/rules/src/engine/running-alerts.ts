import type { Alerts } from '../alerts/alerts.js'
import { entryId } from '../alerts/entry.js'
import type { Alert } from './alert.js'
import type { RuleStats } from './stats.js'

interface EntryCount {
  readonly hits: number
  readonly alerts: number
  readonly lastHitMs: number | undefined
}

/** An `alerts.json` in force, what its entries counted also before it was read anew, and what of it is snoozed. */
export class RunningAlerts {
  readonly alerts: Alerts
  /** What entries that did not change had counted before, by their place. */
  readonly #before: ReadonlyMap<number, EntryCount>
  readonly #snoozedUntil: Map<string, number>
  readonly #suppressed: Map<string, number>

  constructor(alerts: Alerts, before: RunningAlerts | undefined) {
    this.alerts = alerts
    this.#snoozedUntil = before === undefined ? new Map<string, number>() : before.#snoozedUntil
    this.#suppressed = before === undefined ? new Map<string, number>() : before.#suppressed
    const kept = before === undefined ? new Map<string, EntryCount[]>() : before.#countsByDefinition()
    this.#before = new Map(
      alerts.entries.flatMap((entry, index) => {
        const count = kept.get(JSON.stringify(entry))?.shift()
        return count === undefined ? [] : [[index, count] as const]
      })
    )
    const ids = new Set(alerts.entries.map(entryId))
    for (const id of this.#snoozedUntil.keys()) if (!ids.has(id)) this.#snoozedUntil.delete(id)
    for (const id of this.#suppressed.keys()) if (!ids.has(id)) this.#suppressed.delete(id)
  }

  #countsByDefinition(): Map<string, EntryCount[]> {
    const counts = new Map<string, EntryCount[]>()
    const { entries } = this.alerts
    for (const count of this.#counts()) {
      const definition = JSON.stringify(entries[count.index])
      const same = counts.get(definition)
      if (same === undefined) counts.set(definition, [count])
      else same.push(count)
    }
    return counts
  }

  #counts(): (EntryCount & { readonly index: number; readonly id: string })[] {
    return this.alerts.stats().map(({ index, ruleId, hits, alerts, lastHitMs }) => {
      const before = this.#before.get(index)
      return {
        index,
        id: ruleId,
        hits: hits + (before?.hits ?? 0),
        alerts: alerts + (before?.alerts ?? 0),
        lastHitMs: lastHitMs ?? before?.lastHitMs
      }
    })
  }

  evaluate(topic: string, json: () => unknown, nowMs: number, raise: (alert: Alert) => void): void {
    this.alerts.evaluate({ topic, json }, nowMs, alert => {
      const until = this.#snoozedUntil.get(alert.ruleId)
      if (until !== undefined && nowMs < until) {
        this.#suppressed.set(alert.ruleId, (this.#suppressed.get(alert.ruleId) ?? 0) + 1)
      } else raise(alert)
    })
  }

  /** @returns false when there is no such rule */
  snooze(ruleId: string, untilMs: number): boolean {
    const isKnown = this.alerts.entries.some(entry => entryId(entry) === ruleId)
    if (isKnown) this.#snoozedUntil.set(ruleId, untilMs)
    return isKnown
  }

  stats(nowMs: number): RuleStats[] {
    return this.#counts().map(({ id, hits, alerts, lastHitMs }) => {
      const snooze = this.#suppressed.get(id) ?? 0
      const until = this.#snoozedUntil.get(id)
      return {
        source: 'alerts',
        id,
        hits,
        alerts: alerts - snooze,
        suppressed: { cooldown: 0, aggregate: 0, snooze, dryRun: 0 },
        ...(lastHitMs === undefined ? {} : { lastHitMs }),
        ...(until === undefined || until <= nowMs ? {} : { snoozedUntilMs: until }),
        keys: 0,
        keysEvicted: 0
      }
    })
  }
}
