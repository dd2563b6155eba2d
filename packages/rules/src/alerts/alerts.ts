import type { Alert } from '../engine/alert.js'
import { RuleError, type RuleProblem } from '../errors.js'
import { invalidFile } from '../json-file/parse.js'
import { AlertWriter } from './alert-writer.js'
import type { AlertEntry } from './entry.js'
import { entryId } from './entry.js'
import { EntryIndex } from './entry-index.js'
import type { Condition } from './jpath/language.js'
import { ConditionLanguage } from './jpath/language.js'
import type { Requirement } from './jpath/requirement.js'
import { requirementsOf } from './jpath/requirement.js'

/** An event that alerts look at. */
export interface AlertEvent {
  readonly topic: string
  /** The event's JSON, asked for at most once and only when an entry is about its topic; undefined where it has none. */
  json(): unknown
}

/** What became of an entry of `alerts.json` since it is in force. */
export interface AlertEntryStats {
  /** The entry's place in the file, from 0. */
  readonly index: number
  /** The entry's RuleId, or its name when it has none. */
  readonly ruleId: string
  /** Events that satisfied it. */
  readonly hits: number
  /** Alerts it raised: one for each of its actions and hits. */
  readonly alerts: number
  /** Conditions that could not be evaluated to the end, and so did not match. */
  readonly failures: number
  /** When it was satisfied last, in milliseconds since the epoch. */
  readonly lastHitMs: number | undefined
}

/** An `alerts.json` in force. */
export interface Alerts {
  readonly entries: readonly AlertEntry[]
  /** What the topics begin with that entries are about; entries that are switched off have none. */
  readonly topicPrefixes: readonly string[]
  /** Whether any entry is about this topic: cheap, to be asked before an event is parsed. */
  matches(topic: string): boolean
  /**
   * Raises an alert for each action of each entry that the event satisfies, in the order of the file. Throws nothing of
   * its own on what events hold.
   * @param raise takes an alert, and the place of its entry in the file
   */
  evaluate(event: AlertEvent, nowMs: number, raise: (alert: Alert, index: number) => void): void
  /** Of every entry, in the order of the file. */
  stats(): readonly AlertEntryStats[]
}

/**
 * Puts entries in force; deterministic and synchronous.
 * @param options.file what the entries are said to come from in problems
 * @throws RuleError `RULE_INVALID` with every condition that cannot be compiled
 */
export function createAlerts(entries: readonly AlertEntry[], options: { readonly file?: string } = {}): Alerts {
  return new AlertsInForce(entries, options.file ?? 'alerts.json')
}

/** An entry with its conditions compiled, and what became of it. */
class EntryInForce {
  readonly entry: AlertEntry
  readonly conditions: readonly Condition[]
  readonly ruleId: string
  /** Whether all conditions have to be asked even when the outcome is known. */
  readonly #needsValues: boolean
  hits = 0
  alerts = 0
  failures = 0
  lastHitMs: number | undefined

  constructor(entry: AlertEntry, conditions: readonly Condition[]) {
    this.entry = entry
    this.conditions = conditions
    this.ruleId = entryId(entry)
    this.#needsValues = entry.Actions.some(({ GrabValues }) => GrabValues)
  }

  /** What the entry cannot be satisfied without. */
  get requirements(): readonly Requirement[] {
    const { InvertRule, MatchAnyOne } = this.entry
    if (InvertRule || (MatchAnyOne && this.conditions.length > 1)) return []
    return this.conditions.flatMap(({ expression }) => requirementsOf(expression))
  }

  /** What its conditions found, when that satisfies it. */
  satisfy(root: readonly unknown[], language: ConditionLanguage): readonly unknown[] | undefined {
    const { MatchAnyOne, InvertRule } = this.entry
    const values: unknown[] = []
    let isMissing = false
    for (const condition of this.conditions) {
      const value = this.#find(condition, root, language)
      if (value === undefined) {
        isMissing = true
        if (!MatchAnyOne && !this.#needsValues) break
      } else {
        values.push(value)
        if (MatchAnyOne) break
      }
    }
    // Without conditions SPR does not ask InvertRule.
    if (this.conditions.length === 0) return values
    const isSatisfied = !isMissing || (MatchAnyOne && values.length > 0)
    return isSatisfied === InvertRule ? undefined : values
  }

  #find(condition: Condition, root: readonly unknown[], { budget }: ConditionLanguage): unknown {
    budget.beginCondition()
    try {
      return condition.find(root)
    } catch {
      // Too much to look at, or nested too deep: the event's doing, not the rule's.
      this.failures++
      return undefined
    } finally {
      budget.endCondition()
    }
  }
}

/** Topics whose entries are remembered; other programs may make new ones without end. */
const MAX_KNOWN_TOPICS = 256

class AlertsInForce implements Alerts {
  readonly entries: readonly AlertEntry[]
  readonly topicPrefixes: readonly string[]
  readonly #inForce: readonly EntryInForce[]
  readonly #language = new ConditionLanguage()
  readonly #byPrefix = new Map<string, EntryIndex>()
  readonly #prefixLengths: readonly number[]
  readonly #known = new Map<string, readonly EntryIndex[]>()

  constructor(entries: readonly AlertEntry[], file: string) {
    this.entries = entries
    const problems: RuleProblem[] = []
    this.#inForce = entries.map((entry, index) => {
      const conditions = entry.Conditions.flatMap(({ JPath }, place) => {
        try {
          return this.#language.compile(JPath)
        } catch (error) {
          if (!(error instanceof RuleError)) throw error
          problems.push({ file, path: `[${index}].Conditions[${place}].JPath`, message: error.message })
          return []
        }
      })
      return new EntryInForce(entry, conditions)
    })
    if (problems.length > 0) throw invalidFile(problems)

    const groups = new Map<string, Map<number, readonly Requirement[]>>()
    for (const [index, { entry, requirements }] of this.#inForce.entries()) {
      if (entry.Disabled) continue
      const group = groups.get(entry.TopicPrefix)
      if (group === undefined) groups.set(entry.TopicPrefix, new Map([[index, requirements]]))
      else group.set(index, requirements)
    }
    for (const [prefix, group] of groups) this.#byPrefix.set(prefix, new EntryIndex(group))
    this.topicPrefixes = [...groups.keys()]
    this.#prefixLengths = [...new Set(this.topicPrefixes.map(({ length }) => length))]
  }

  matches(topic: string): boolean {
    return this.#indexesFor(topic).length > 0
  }

  #indexesFor(topic: string): readonly EntryIndex[] {
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    const indexes: EntryIndex[] = []
    for (const length of this.#prefixLengths) {
      const index = length > topic.length ? undefined : this.#byPrefix.get(topic.slice(0, length))
      if (index !== undefined) indexes.push(index)
    }
    if (this.#known.size >= MAX_KNOWN_TOPICS) this.#known.clear()
    this.#known.set(topic, indexes)
    return indexes
  }

  evaluate(event: AlertEvent, nowMs: number, raise: (alert: Alert, index: number) => void): void {
    const indexes = this.#indexesFor(event.topic)
    if (indexes.length === 0) return
    const json = event.json()
    if (json === undefined) return
    const candidates: number[] = []
    for (const index of indexes) index.collect(json, candidates)
    candidates.sort((one, other) => one - other)

    // SPR asks its conditions of a list that holds nothing but the event.
    const root = [json]
    const writer = new AlertWriter(event.topic, json, nowMs)
    this.#language.budget.beginEvent()
    let last = -1
    for (const candidate of candidates) {
      const inForce = this.#inForce[candidate]
      if (inForce === undefined || candidate === last) continue
      last = candidate
      const values = inForce.satisfy(root, this.#language)
      if (values === undefined) continue
      inForce.hits++
      inForce.lastHitMs = nowMs
      for (const alert of writer.alertsOf(inForce.entry, inForce.ruleId, values)) {
        inForce.alerts++
        raise(alert, candidate)
      }
    }
  }

  stats(): readonly AlertEntryStats[] {
    return this.#inForce.map(({ ruleId, hits, alerts, failures, lastHitMs }, index) => {
      return { index, ruleId, hits, alerts, failures, lastHitMs }
    })
  }
}
