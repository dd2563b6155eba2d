import type { Alerts } from '../alerts/alerts.js'
import { createAlerts } from '../alerts/alerts.js'
import type { AlertEntry } from '../alerts/entry.js'
import { formatAlerts, parseAlerts } from '../alerts/read.js'
import type { RuleEngine, RuleSets } from '../engine/rule-engine.js'
import type { RuleError, RuleProblem } from '../errors.js'
import type { NotificationEntry } from '../notifications/entry.js'
import type { NotificationReading, Notifications } from '../notifications/notifications.js'
import { createNotifications } from '../notifications/notifications.js'
import { formatNotifications, parseNotifications } from '../notifications/read.js'
import { parseRules } from '../rules-file/parse.js'
import type { Rules } from '../rules-file/rule.js'
import { type SetReader, WatchedSet } from './watched-set.js'

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

/**
 * Puts rule files in force and follows them. A file that is not there is an empty set; one that cannot be used leaves in
 * force what was there before.
 * @returns after each file was looked at
 */
export async function openRuleFiles(options: RuleFilesOptions): Promise<RuleFiles> {
  options.signal?.throwIfAborted()
  const files = new RuleFilesInForce(options)
  await files.open()
  return files
}

type AnySet = Pick<WatchedSet<unknown, unknown>, 'open' | 'close' | 'problems'>

class RuleFilesInForce implements RuleFiles {
  readonly engine: RuleEngine
  readonly notifications?: EditableFile<NotificationEntry>
  readonly alerts?: EditableFile<AlertEntry>
  readonly rules?: { readonly path: string; readonly rules: Rules }
  readonly #options: RuleFilesOptions
  readonly #sets: AnySet[] = []

  constructor(options: RuleFilesOptions) {
    this.engine = options.engine
    this.#options = options
    const { notifications, alerts, rules, reading } = options
    if (rules !== undefined) {
      const set = this.#watch<Rules, Rules>('rules', rules, ({ rules: { length } }) => length, {
        parse: text => parseRules(text, { file: rules }),
        empty: { rules: [], actions: {} },
        compile: parsed => parsed,
        use: inForce => {
          this.#use({ rules: inForce })
        }
      })
      this.rules = {
        path: rules,
        get rules() {
          return set.parsed
        }
      }
    }
    if (alerts !== undefined) {
      const set = this.#watch<readonly AlertEntry[], Alerts>('alerts', alerts, ({ length }) => length, {
        parse: text => parseAlerts(text, { file: alerts }),
        empty: [],
        compile: parsed => createAlerts(parsed, { file: alerts }),
        use: inForce => {
          this.#use({ alerts: inForce })
        }
      })
      this.alerts = editable(set, formatAlerts)
    }
    if (notifications !== undefined) {
      const set = this.#watch<readonly NotificationEntry[], Notifications>(
        'notifications',
        notifications,
        ({ length }) => length,
        {
          parse: text => parseNotifications(text, notifications),
          empty: [],
          compile: parsed => createNotifications(parsed, reading === undefined ? {} : { reading }),
          use: inForce => {
            this.#use({ notifications: inForce })
          }
        }
      )
      this.notifications = editable(set, formatNotifications)
    }
  }

  /** What the engine has from elsewhere stays. */
  #use(sets: RuleSets): void {
    this.engine.use({ ...this.engine.sets, ...sets })
  }

  #watch<Parsed, InForce>(
    kind: RuleFileKind,
    path: string,
    count: (parsed: Parsed) => number,
    reader: SetReader<Parsed, InForce>
  ): WatchedSet<Parsed, InForce> {
    const { onLoad, onProblem } = this.#options
    const set = new WatchedSet(path, reader, {
      onLoad: () => onLoad?.({ path, kind, count: count(set.parsed) }),
      onProblem
    })
    this.#sets.push(set)
    return set
  }

  async open(): Promise<void> {
    const { signal } = this.#options
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    await Promise.all(this.#sets.map(set => set.open()))
    if (signal?.aborted !== true) return
    await this.close()
    signal.throwIfAborted()
  }

  readonly #onAbort = (): void => {
    void this.close()
  }

  get problems(): readonly RuleProblem[] {
    return this.#sets.flatMap(({ problems }) => problems)
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    await Promise.all(this.#sets.map(set => set.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function editable<Entry>(
  set: WatchedSet<readonly Entry[], unknown>,
  format: (entries: readonly Entry[]) => string
): EditableFile<Entry> {
  return {
    path: set.path,
    get entries() {
      return set.parsed
    },
    replace: entries => set.edit(current => format(typeof entries === 'function' ? entries(current) : entries))
  }
}
