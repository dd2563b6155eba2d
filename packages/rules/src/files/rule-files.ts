import type { AlertEntry } from '../alerts/entry.js'
import type { RuleEngine } from '../engine/rule-engine.js'
import type { RuleError, RuleProblem } from '../errors.js'
import type { NotificationEntry } from '../notifications/entry.js'
import type { NotificationReading } from '../notifications/notifications.js'
import type { Rules } from '../rules-file/rule.js'

/** The kind of a rule file. */
export type RuleFileKind = 'rules' | 'alerts' | 'notifications'

/** A rule file that was put in force. */
export interface LoadedRuleFile {
  readonly path: string
  readonly kind: RuleFileKind
  /** Rules or entries in it. */
  readonly count: number
}

/** Which files an engine lives by, and who hears of them. */
export interface RuleFilesOptions {
  readonly engine: RuleEngine
  /** Path of a `rules.yaml`. */
  readonly rules?: string
  /** Path of an `alerts.json`. */
  readonly alerts?: string
  /** Path of a `notifications.json`. */
  readonly notifications?: string
  /** How `notifications.json` is read; default `spr`. */
  readonly reading?: NotificationReading
  /** A file was put in force, at the start or later. */
  readonly onLoad?: (file: LoadedRuleFile) => void
  /** A file cannot be used; what was in force stays in force. Told once for each new reason. */
  readonly onProblem: (error: RuleError) => void
  /** Closes it. */
  readonly signal?: AbortSignal
}

/** A rule file that may be edited through here. */
export interface EditableFile<Entry> {
  readonly path: string
  /** What is in force. */
  readonly entries: readonly Entry[]
  /**
   * Validates, writes the file whole and puts it in force; edits wait for each other.
   * @param entries the new ones, or a function that makes them of those in force when its turn comes
   * @throws RuleError `RULE_INVALID`, and then nothing was written; what the file system says
   */
  replace(entries: readonly Entry[] | ((current: readonly Entry[]) => readonly Entry[])): Promise<void>
}

/** Rule files in force, reloaded as they change. */
export interface RuleFiles extends AsyncDisposable {
  readonly engine: RuleEngine
  readonly notifications?: EditableFile<NotificationEntry>
  readonly alerts?: EditableFile<AlertEntry>
  readonly rules?: { readonly path: string; readonly rules: Rules }
  /** Of what is on disk and not in force; empty once it is mended. */
  readonly problems: readonly RuleProblem[]
  /** Stops watching. What is in force stays in the engine. */
  close(): Promise<void>
}
