import { RuleError } from '../errors.js'
import { nearestName } from '../filter/nearest-name.js'
import { printable, quoted } from '../filter/source-text.js'
import { FieldReader } from './field-reader.js'

/** What templates know beside the fields of the filter language. */
export const templateWords = {
  rule: "the rule's id",
  severity: "the rule's severity",
  count: 'matches that the alert stands for',
  first: 'when the first of them came, in UTC',
  last: 'when the last of them came',
  distinct: 'different values of a rule with `distinct`'
} as const

export type TemplateWord = keyof typeof templateWords

/** A template in pieces: text, a word, or the place of a field among those the rule shows. */
export type TemplatePart = string | { readonly word: TemplateWord } | { readonly field: number }

/** Fields of one template. */
const MAX_FIELDS = 32
/** Characters of a value that are shown. */
const MAX_VALUE_CHARACTERS = 256
const PLACE = /\{\{([^{}]*)\}\}/g

/** Reads templates, and collects the fields they show. */
export class TemplateReader {
  readonly fields: FieldReader[] = []

  /** @throws RuleError when it names what there is not */
  read(text: string): readonly TemplatePart[] {
    const parts: TemplatePart[] = []
    let at = 0
    for (const place of text.matchAll(PLACE)) {
      if (place.index > at) parts.push(plain(text.slice(at, place.index)))
      parts.push(this.#place(place[1]?.trim() ?? ''))
      at = place.index + place[0].length
    }
    if (at < text.length) parts.push(plain(text.slice(at)))
    if (parts.length > 2 * MAX_FIELDS) {
      throw new RuleError('FILTER_LIMIT', `a template shows ${MAX_FIELDS} fields at most`)
    }
    return parts
  }

  #place(name: string): TemplatePart {
    if (isWord(name)) return { word: name }
    const known = this.fields.findIndex(field => field.name === name)
    if (known >= 0) return { field: known }
    this.fields.push(fieldFor(name))
    return { field: this.fields.length - 1 }
  }
}

/** Like a field anywhere, but that a word may have been meant. */
function fieldFor(name: string): FieldReader {
  try {
    return new FieldReader(name)
  } catch (error) {
    const word = nearestName(name, Object.keys(templateWords))
    if (word === undefined) throw error
    const problem = `there is no field ${quoted(name)}; did you mean ${word}?`
    throw new RuleError('FILTER_UNKNOWN_NAME', problem, { cause: error })
  }
}

function plain(text: string): string {
  if (!text.includes('{{')) return text
  throw new RuleError('FILTER_SYNTAX', 'a field in a template is written {{src.ip}}; here the end is missing')
}

function isWord(name: string): name is TemplateWord {
  return Object.hasOwn(templateWords, name)
}

/** Text that came from outside, for people: short, on one line, and nothing that a terminal might obey. */
export function shownValue(text: string): string {
  const cut = text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS - 1)}…` : text
  return printable(cut)
}
