import type { RuleProblem } from '../errors.js'
import { RuleError } from '../errors.js'
import { isObject } from '../filter/value.js'
import { invalidFile, parseJsonFile } from '../json-file/parse.js'
import { linesOf } from '../json-file/places.js'
import type { AlertAction, AlertCondition, AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'
import { ConditionLanguage } from './jpath/language.js'

/** An `alerts.json` as it was read. */
export interface AlertFile {
  readonly entries: readonly AlertEntry[]
  /** Keys that SPR passes over in silence, as paths. */
  readonly unknownKeys: readonly string[]
  /** The line each value begins on, by its path. */
  readonly lines: ReadonlyMap<string, number>
}

/** What a list in a rule file may hold: entries, and each entry's conditions and actions. */
const MAX_ENTRIES = 20_000
const MAX_PARTS = 1000

/**
 * Reads SPR's `alerts.json` as SPR does: keys in any case, `null` for nothing, unknown keys passed over. Each entry has
 * to be one that SPR would accept: with a TopicPrefix, a Name, an action, and conditions that compile.
 * @param options.file what the text is called in problems
 * @throws RuleError `RULE_INVALID` with every problem: file, line, path
 */
export function parseAlerts(text: string, options: { readonly file?: string } = {}): readonly AlertEntry[] {
  return readAlerts(text, options.file ?? 'alerts.json').entries
}

/** As SPR writes the file: one blank of indentation, Go's escapes, empty texts left out where SPR leaves them out. */
export function formatAlerts(entries: readonly AlertEntry[]): string {
  const plain = entries.map(entry => ({
    TopicPrefix: entry.TopicPrefix,
    MatchAnyOne: entry.MatchAnyOne,
    InvertRule: entry.InvertRule,
    Conditions: entry.Conditions.map(({ JPath }) => ({ JPath })),
    Actions: entry.Actions.map(plainAction),
    Name: entry.Name,
    Disabled: entry.Disabled,
    RuleId: entry.RuleId
  }))
  return JSON.stringify(plain, null, 1).replace(/[<>&\u2028\u2029]/g, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function plainAction(action: AlertAction): Readonly<Record<string, unknown>> {
  const keys = Object.keys(NO_ACTION) as (keyof AlertAction)[]
  return Object.fromEntries(
    keys.flatMap(key => {
      const value = action[key]
      // Of an action SPR leaves out empty texts and lists, but no false.
      return typeof value !== 'boolean' && value.length === 0 ? [] : [[key, value]]
    })
  )
}

export function readAlerts(text: string, file: string): AlertFile {
  const list = parseJsonFile(text, file) ?? []
  if (!Array.isArray(list)) throw invalidFile([{ file, line: 1, path: '', message: 'must be a list of entries' }])
  if (list.length > MAX_ENTRIES) {
    throw invalidFile([{ file, line: 1, path: '', message: `has more than ${MAX_ENTRIES} entries` }])
  }
  const lines = linesOf(text)
  const problems: RuleProblem[] = []
  const reader = new EntryReader((path, message) => {
    const line = lines.get(path) ?? lines.get(/^\[\d+\]/.exec(path)?.[0] ?? '')
    problems.push({ file, ...(line === undefined ? {} : { line }), path, message })
  })
  const entries = list.map((value: unknown, index) => reader.entry(value, `[${index}]`))
  if (problems.length > 0) throw invalidFile(problems)
  return { entries, unknownKeys: reader.unknownKeys, lines }
}

type Report = (path: string, message: string) => void

class EntryReader {
  readonly unknownKeys: string[] = []
  readonly #report: Report
  readonly #language = new ConditionLanguage()

  constructor(report: Report) {
    this.#report = report
  }

  entry(value: unknown, path: string): AlertEntry {
    const entry: Mutable<AlertEntry> = { ...NO_ENTRY }
    for (const [key, field, at] of this.#fields(value, path, NO_ENTRY)) {
      switch (key) {
        case 'Conditions':
          entry.Conditions = this.#list(field, at, (item, place) => this.#condition(item, place))
          break
        case 'Actions':
          entry.Actions = this.#list(field, at, (item, place) => this.#action(item, place))
          break
        case 'MatchAnyOne':
        case 'InvertRule':
        case 'Disabled':
          entry[key] = this.#boolean(field, at)
          break
        default:
          entry[key] = this.#text(field, at)
      }
    }
    if (value !== null && !isObject(value)) return entry
    if (entry.TopicPrefix === '') this.#report(path, 'needs a TopicPrefix, such as "nft:drop:"')
    if (entry.Name === '') this.#report(path, 'needs a Name')
    if (entry.Actions.length === 0) this.#report(path, 'needs an action: {"SendNotification": true}')
    return entry
  }

  #condition(value: unknown, path: string): AlertCondition {
    let JPath = ''
    for (const [, field, at] of this.#fields(value, path, { JPath })) JPath = this.#text(field, at)
    if (JPath === '') {
      this.#report(path, 'needs a JPath, such as "$[?(@.InDev==\\"wlan1\\")]"')
      return { JPath }
    }
    try {
      this.#language.compile(JPath)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      this.#report(`${path}.JPath`, error.message)
    }
    return { JPath }
  }

  #action(value: unknown, path: string): AlertAction {
    const action: Mutable<AlertAction> = { ...NO_ACTION }
    for (const [key, field, at] of this.#fields(value, path, NO_ACTION)) {
      switch (key) {
        case 'GrabFields':
          action.GrabFields = this.#list(field, at, (item, place) => this.#text(item ?? '', place))
          break
        case 'SendNotification':
        case 'StoreAlert':
        case 'GrabEvent':
        case 'GrabValues':
          action[key] = this.#boolean(field, at)
          break
        default:
          action[key] = this.#text(field, at)
      }
    }
    return action
  }

  /** The known keys of an object by their own names, with what stands there. */
  #fields<Known extends object>(value: unknown, path: string, known: Known): [keyof Known, unknown, string][] {
    if (value === null) return []
    if (!isObject(value)) {
      this.#report(path, 'must be an object')
      return []
    }
    const names = Object.keys(known) as (keyof Known & string)[]
    return Object.entries(value).flatMap(([key, field]): [keyof Known, unknown, string][] => {
      const name = names.find(one => one.toLowerCase() === key.toLowerCase())
      if (name === undefined) this.unknownKeys.push(`${path}.${key}`)
      return name === undefined || field === null ? [] : [[name, field, `${path}.${key}`]]
    })
  }

  #list<Item>(value: unknown, path: string, read: (item: unknown, path: string) => Item): readonly Item[] {
    if (!Array.isArray(value)) this.#report(path, 'must be a list')
    else if (value.length > MAX_PARTS) this.#report(path, `has more than ${MAX_PARTS} elements`)
    else return value.map((item: unknown, index) => read(item, `${path}[${index}]`))
    return []
  }

  #text(value: unknown, path: string): string {
    if (typeof value === 'string') return value
    this.#report(path, 'must be a text')
    return ''
  }

  #boolean(value: unknown, path: string): boolean {
    if (typeof value === 'boolean') return value
    this.#report(path, 'must be true or false')
    return false
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
