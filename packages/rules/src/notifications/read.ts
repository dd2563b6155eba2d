import type { RuleProblem } from '../errors.js'
import { isObject } from '../filter/value.js'
import { invalidFile, parseJsonFile } from '../json-file/parse.js'
import { linesOf } from '../json-file/places.js'
import type { NotificationConditions, NotificationEntry } from './entry.js'
import { NO_CONDITIONS } from './entry.js'

/** A `notifications.json` as it was read. */
export interface NotificationFile {
  readonly entries: readonly NotificationEntry[]
  /** Of each entry the keys that SPR passes over in silence: old names and misspelt ones. */
  readonly unknownKeys: readonly (readonly string[])[]
  /** The line each entry begins on. */
  readonly lines: readonly number[]
}

/**
 * Reads SPR's `notifications.json` as SPR does: keys in any case, `null` for nothing, unknown keys passed over. What SPR
 * reads by halves – a text for a port – is refused.
 * @param file what the text is called in problems
 * @throws RuleError `RULE_INVALID` with every problem
 */
export function parseNotifications(text: string, file = 'notifications.json'): readonly NotificationEntry[] {
  return readNotifications(text, file).entries
}

/** As SPR writes the file: one blank of indentation, every key. */
export function formatNotifications(entries: readonly NotificationEntry[]): string {
  const plain = entries.map(({ Conditions, Notification }) => ({
    Conditions: Object.fromEntries(KEYS.map(key => [key, Conditions[key]])),
    Notification
  }))
  return JSON.stringify(plain, null, 1)
}

export function readNotifications(text: string, file: string): NotificationFile {
  const problems: RuleProblem[] = []
  const written = parseJsonFile(text, file)
  const list = written ?? []
  if (!Array.isArray(list)) throw invalidFile([{ file, line: 1, path: '', message: 'must be a list of entries' }])
  const places = linesOf(text)
  const lines = list.map((_, entry) => places.get(`[${entry}]`) ?? 1)
  const unknownKeys: string[][] = []
  const entries = list.map((value: unknown, entry) => {
    const reader = new EntryReader((inEntry, message) => {
      const path = `[${entry}]${inEntry}`
      problems.push({ file, line: places.get(path) ?? 1, path, message })
    })
    const read = reader.read(value)
    unknownKeys.push(reader.unknown)
    return read
  })
  if (problems.length > 0) throw invalidFile(problems)
  return { entries, unknownKeys, lines }
}

const KEYS = Object.keys(NO_CONDITIONS) as readonly (keyof NotificationConditions)[]

class EntryReader {
  readonly unknown: string[] = []
  readonly #report: (path: string, message: string) => void

  constructor(report: (path: string, message: string) => void) {
    this.#report = report
  }

  read(value: unknown): NotificationEntry {
    let conditions: NotificationConditions = NO_CONDITIONS
    let notification = false
    for (const [key, field] of this.#fields(value, '')) {
      switch (key.toLowerCase()) {
        case 'conditions':
          conditions = this.#conditions(field, `.${key}`)
          break
        case 'notification':
          if (typeof field === 'boolean') notification = field
          else this.#report(`.${key}`, 'must be true or false')
          break
        default:
          this.unknown.push(key)
      }
    }
    return { Conditions: conditions, Notification: notification }
  }

  #conditions(value: unknown, path: string): NotificationConditions {
    const conditions: Record<keyof NotificationConditions, string | number> = { ...NO_CONDITIONS }
    for (const [key, field] of this.#fields(value, path)) {
      const known = KEYS.find(name => name.toLowerCase() === key.toLowerCase())
      if (known === undefined) this.unknown.push(key)
      else if (typeof field !== typeof NO_CONDITIONS[known]) {
        this.#report(`${path}.${key}`, typeof NO_CONDITIONS[known] === 'number' ? NUMBER_NEEDED : 'must be a text')
      } else if (typeof field === 'number' && !Number.isSafeInteger(field))
        this.#report(`${path}.${key}`, NUMBER_NEEDED)
      else conditions[known] = field as string | number
    }
    return conditions as unknown as NotificationConditions
  }

  #fields(value: unknown, path: string): [string, unknown][] {
    if (value === null) return []
    if (isObject(value)) return Object.entries(value).filter(([, field]) => field !== null)
    this.#report(path, 'must be an object')
    return []
  }
}

const NUMBER_NEEDED = 'must be a whole number, without quotes'
