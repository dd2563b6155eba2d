import type { Alert } from '../engine/alert.js'
import type { AlertEntry } from './entry.js'

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
  /** Raises an alert for each action of each entry that the event satisfies, in the order of the file. Never throws by itself. */
  evaluate(event: AlertEvent, nowMs: number, raise: (alert: Alert) => void): void
  /** Of every entry, in the order of the file. */
  stats(): readonly AlertEntryStats[]
}
