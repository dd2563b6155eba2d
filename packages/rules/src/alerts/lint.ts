import { quoted } from '../filter/source-text.js'
import type { AlertAction, AlertEntry } from './entry.js'
import type { ConditionFindingCode } from './lint-condition.js'
import { lintCondition } from './lint-condition.js'
import type { AlertFile } from './read.js'
import { readAlerts } from './read.js'
import { PLACEHOLDER, TEMPLATE_TAGS } from './template.js'

/** A place where SPR does with an entry what its author hardly expects. */
export interface AlertFinding {
  /** Stable, for programs. */
  readonly code: AlertFindingCode
  readonly entry: number
  /** From 1. */
  readonly line: number
  /** Such as `[2].Conditions[0].JPath`. */
  readonly path: string
  /** What SPR does, and what to write instead. Safe to print on a terminal. */
  readonly message: string
}

export type AlertFindingCode =
  | ConditionFindingCode
  | 'erased-placeholder'
  | 'fields-of-nothing'
  | 'fields-too-deep'
  | 'inverts-nothing'
  | 'loop'
  | 'no-outcome'
  | 'no-placeholder'
  | 'pattern-in-fields'
  | 'same-id'
  | 'unknown-key'
  | 'unknown-tag'
  | 'unmatched-prefix'

/** What an `alerts.json` does that it does not look like. */
export interface AlertReport {
  readonly findings: readonly AlertFinding[]
  /** The line each entry begins on, from 1. */
  readonly lines: readonly number[]
}

/**
 * Explains what surprises in a file.
 * @param options.file what the text is called in problems
 * @throws RuleError `RULE_INVALID` when the file cannot be read at all
 */
export function lintAlerts(text: string, options: { readonly file?: string } = {}): AlertReport {
  const read = readAlerts(text, options.file ?? 'alerts.json')
  const linter = new FileLinter(read)
  read.entries.forEach((entry, index) => {
    linter.lint(entry, index)
  })
  return {
    findings: linter.findings.sort((one, other) => one.entry - other.entry || one.line - other.line),
    lines: read.entries.map((_, index) => read.lines.get(`[${index}]`) ?? 1)
  }
}

const ALERTS = 'alert:'
const PACKETS = 'nft:'

class FileLinter {
  readonly findings: AlertFinding[] = []
  readonly #lines: ReadonlyMap<string, number>
  readonly #byId = new Map<string, number>()

  constructor({ lines, unknownKeys }: AlertFile) {
    // The keys of a file may be written in any case.
    this.#lines = new Map([...lines].map(([path, line]) => [path.toLowerCase(), line]))
    for (const path of unknownKeys) {
      this.#report('unknown-key', path, 'is passed over by SPR: there is no such key')
    }
  }

  #report(code: AlertFindingCode, path: string, message: string): void {
    const entry = Number(/^\[(\d+)\]/.exec(path)?.[1] ?? 0)
    const line = this.#lines.get(path.toLowerCase()) ?? this.#lines.get(`[${entry}]`) ?? 1
    this.findings.push({ code, entry, line, path, message })
  }

  lint(entry: AlertEntry, index: number): void {
    const at = `[${index}]`
    this.#identity(entry, index)
    this.#prefix(entry.TopicPrefix, `${at}.TopicPrefix`)
    if (entry.InvertRule && entry.Conditions.length === 0) {
      const problem = 'changes nothing without conditions: every event of these topics satisfies the entry'
      this.#report('inverts-nothing', `${at}.InvertRule`, problem)
    }
    const isOfPackets = entry.TopicPrefix.startsWith(PACKETS)
    for (const [place, { JPath }] of entry.Conditions.entries()) {
      lintCondition(JPath, isOfPackets, (code, message) => {
        this.#report(code, `${at}.Conditions[${place}].JPath`, message)
      })
    }
    for (const [place, action] of entry.Actions.entries()) {
      this.#action(action, `${at}.Actions[${place}]`)
      const mayLoop = entry.TopicPrefix.startsWith(ALERTS) || ALERTS.startsWith(entry.TopicPrefix)
      if (action.StoreAlert && mayLoop) {
        const problem =
          'publishes alerts that satisfy the entry again: SPR goes on with it for ever; here an alert about an alert is ' +
          'the last; write a TopicPrefix that is not about alerts, or only SendNotification'
        this.#report('loop', `${at}.Actions[${place}].StoreAlert`, problem)
      }
    }
  }

  #identity({ RuleId }: AlertEntry, index: number): void {
    if (RuleId === '') return
    const earlier = this.#byId.get(RuleId)
    if (earlier === undefined) this.#byId.set(RuleId, index)
    else {
      const problem = `is that of entry [${earlier}] as well: whoever asks for one, to snooze it say, means both`
      this.#report('same-id', `[${index}].RuleId`, problem)
    }
  }

  #prefix(prefix: string, path: string): void {
    if (!prefix.startsWith(PACKETS) || prefix === prefix.toLowerCase().trimEnd()) return
    const wanted = quoted(prefix.toLowerCase().trimEnd())
    this.#report(
      'unmatched-prefix',
      path,
      `fits no packet: their topics have neither capitals nor blanks at the end; write ${wanted}`
    )
  }

  #action(action: AlertAction, at: string): void {
    if (!action.SendNotification && !action.StoreAlert) {
      this.#report('no-outcome', at, 'neither sends nor stores: nobody hears of it')
    }
    this.#template(action.MessageTitle, `${at}.MessageTitle`)
    this.#template(action.MessageBody, `${at}.MessageBody`)
    if (action.GrabFields.length > 0 && !action.GrabEvent) {
      this.#report('fields-of-nothing', `${at}.GrabFields`, 'changes nothing without GrabEvent')
    }
    for (const [place, field] of action.GrabFields.entries()) {
      const path = `${at}.GrabFields[${place}]`
      if (/^\/.*\/$/s.test(field)) {
        const problem = 'finds nothing: SPR leaves the slashes in the pattern; write the keys themselves'
        this.#report('pattern-in-fields', path, problem)
      } else if (field.includes('.')) {
        const problem = `finds nothing: only keys of the event itself are taken; write ${quoted(field.split('.')[0] ?? '')}`
        this.#report('fields-too-deep', path, problem)
      }
    }
  }

  #template(template: string, path: string): void {
    for (const [placeholder, field = '', tag] of template.matchAll(PLACEHOLDER)) {
      if (field.includes('__')) {
        this.#report('erased-placeholder', path, `clients erase ${quoted(placeholder)}, as they do all with __ in them`)
      } else if (tag !== undefined && !TEMPLATE_TAGS.includes(tag)) {
        const problem = `has an unknown tag in ${quoted(placeholder)}; there are ${TEMPLATE_TAGS.join(', ')}`
        this.#report('unknown-tag', path, problem)
      }
    }
    const rest = /\{\{[^}]*\}?\}?/.exec(template.replace(PLACEHOLDER, ''))?.[0]
    if (rest === undefined) return
    const problem = `stays as it is at ${quoted(rest)}: between the braces stands a path such as IP.SrcIP, without blanks`
    this.#report('no-placeholder', path, problem)
  }
}
