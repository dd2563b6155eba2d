import { BUILT_IN_ACTIONS } from '../actions/definition.js'
import { RuleError } from '../errors.js'
import { nearestName } from '../filter/nearest-name.js'
import { readFilter } from '../filter/read-filter.js'
import { quoted } from '../filter/source-text.js'
import type { JsonObject } from '../filter/value.js'
import { isObject } from '../filter/value.js'
import { isOfPackets, PACKET_TOPIC } from './compile-rule.js'
import { FieldReader } from './field-reader.js'
import { TemplateReader } from './template.js'

type Path = readonly (string | number)[]
type Report = (path: Path, message: string) => void

/**
 * Everything that is wrong with a file beyond the types of its fields. Those may be wrong as well: all problems are to be
 * told at once, so that nothing here is what the schema says it is.
 */
export function checkRules(file: unknown, report: Report): void {
  if (!isObject(file) || !Array.isArray(file['rules'])) return
  const actions = new Set<string>([
    ...BUILT_IN_ACTIONS,
    ...(isObject(file['actions']) ? Object.keys(file['actions']) : [])
  ])
  const ids = new Map<string, number>()
  for (const [index, rule] of (file['rules'] as readonly unknown[]).entries()) {
    if (!isObject(rule)) continue
    const path = ['rules', index]
    const { id } = rule
    const first = typeof id === 'string' ? ids.get(id) : undefined
    if (first !== undefined) report([...path, 'id'], `is the id of rules[${first}] too`)
    else if (typeof id === 'string') ids.set(id, index)
    new RuleChecker(rule, (at, message) => {
      report([...path, ...at], message)
    }).check(actions)
  }
}

class RuleChecker {
  readonly #rule: JsonObject
  readonly #report: Report
  readonly #sees: { readonly packets: boolean; readonly others: boolean }

  constructor(rule: JsonObject, report: Report) {
    this.#rule = rule
    this.#report = report
    const topics = rule['topics'] ?? [PACKET_TOPIC]
    const isKnown = Array.isArray(topics) && topics.length > 0 && topics.every(topic => typeof topic === 'string')
    this.#sees = isKnown
      ? { packets: topics.some(isOfPackets), others: topics.some(topic => !topic.startsWith(PACKET_TOPIC)) }
      : { packets: true, others: true }
  }

  check(actions: ReadonlySet<string>): void {
    const { when, title, message, threshold, distinct } = this.#rule
    if (typeof when === 'string') this.#try(['when'], () => readFilter(when).fields)
    for (const [name, text] of Object.entries({ title, message })) {
      if (typeof text === 'string') this.#template(name, text)
    }
    this.#fields(['by'], this.#rule['by'])
    for (const [name, limit] of Object.entries({ threshold, distinct })) {
      if (isObject(limit)) this.#fields([name, 'by'], limit['by'])
    }
    if (isObject(distinct)) this.#field(['distinct', 'field'], distinct['field'])
    this.#exclusions()
    this.#keys()
    for (const [index, name] of textsOf(this.#rule['actions']).entries()) {
      if (actions.has(name)) continue
      const nearest = nearestName(name, actions)
      const advice = nearest === undefined ? 'define it under actions' : `did you mean ${nearest}?`
      this.#report(['actions', index], `there is no action ${quoted(name)}; ${advice}`)
    }
  }

  #template(name: string, text: string): void {
    this.#try([name], () => {
      const reader = new TemplateReader()
      reader.read(text)
      return new Set(reader.fields.flatMap(field => [...field.fields]))
    })
  }

  #fields(path: Path, names: unknown): void {
    if (!Array.isArray(names)) return
    for (const [index, name] of (names as readonly unknown[]).entries()) this.#field([...path, index], name)
  }

  #field(path: Path, name: unknown): void {
    if (typeof name === 'string') this.#try(path, () => new FieldReader(name).fields)
  }

  #try(path: Path, read: () => ReadonlySet<string>): void {
    try {
      const unseen = [...read()].find(field => !this.#isSeen(field))
      if (unseen === undefined) return
      const reason =
        unseen === 'event'
          ? 'packets have no event; name the topics of the events that are meant'
          : `only packets have ${unseen}; of events on other topics write event and what of it is meant`
      this.#report(path, reason)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      this.#report(path, error.message)
    }
  }

  #isSeen(field: string): boolean {
    if (field === 'topic') return true
    return field === 'event' ? this.#sees.others : this.#sees.packets
  }

  #exclusions(): void {
    const rule = this.#rule
    const exclude = (one: string, other: string, reason: string): void => {
      if (rule[one] !== undefined && rule[other] !== undefined)
        this.#report([other], `and ${one} exclude each other: ${reason}`)
    }
    exclude('cooldown', 'aggregate', 'aggregate keeps quiet by itself, and tells afterwards what came')
    exclude('threshold', 'distinct', 'write two rules')
  }

  /** A rule has one key: whatever it counts and keeps quiet, it does by the same fields. */
  #keys(): void {
    const { by, threshold, distinct } = this.#rule
    const written = Object.entries({ by, threshold, distinct }).flatMap(([name, value]) => {
      const fields = isObject(value) ? value['by'] : value
      return Array.isArray(fields) ? [{ name, fields: fields.join() }] : []
    })
    const [first, ...others] = written
    for (const { name, fields } of others) {
      if (fields !== first?.fields)
        this.#report(name === 'by' ? [name] : [name, 'by'], 'must name the same fields as by of the rule')
    }
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}
