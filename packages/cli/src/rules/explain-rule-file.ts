import { explainAlerts } from './explain-alerts.js'
import { explainNotifications } from './explain-notifications.js'
import { explainRules } from './explain-rules.js'
import type { Subject } from './recorded.js'
import type { RuleFile, RuleFileKind } from './rule-file.js'

/** A rule in plain words. */
export interface RuleExplanation {
  /** The rule's id, or its place in the file: `[2]`. */
  readonly id: string
  readonly line?: number
  /** Sentences: what it looks at, and what it does. */
  readonly says: readonly string[]
  /** How it can be read: as it is, or in SPR's files as SPR does and as it is meant. */
  readonly readings: readonly RuleReading[]
  /** Where what it does is hardly what was meant. */
  readonly notes: readonly string[]
}

/** One way to read a rule. */
export interface RuleReading {
  readonly name: 'when' | 'spr' | 'meant'
  /** The condition in words. */
  readonly meaning: string
  /** The same as a filter; absent where no filter says it, or nothing can match. */
  readonly filter?: string
  /** Nothing can match, or nobody can say what: `meaning` says which. */
  readonly isEmpty?: true
  /** Whether a packet or an event matches, and each of the conditions that all have to hold. */
  examine(subject: Subject): Examination
}

export interface Examination {
  readonly matches: boolean
  readonly conditions: readonly ExaminedCondition[]
}

export interface ExaminedCondition {
  readonly source: string
  readonly meaning: string
  readonly isMet: boolean
  /** What it saw. */
  readonly seen: Readonly<Record<string, unknown>>
  /** What it looked for and was not there. */
  readonly absent: readonly string[]
}

/** @throws RuleError `RULE_INVALID` when the file does not load */
export function explainRuleFile(file: RuleFile): readonly RuleExplanation[] {
  return explainers[file.kind](file)
}

const explainers: Readonly<Record<RuleFileKind, (file: RuleFile) => readonly RuleExplanation[]>> = {
  notifications: explainNotifications,
  alerts: explainAlerts,
  rules: explainRules
}
