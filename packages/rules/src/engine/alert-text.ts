import { printable } from '../filter/source-text.js'
import type { Value } from '../filter/value.js'
import { jsonText } from '../filter/value.js'
import type { Rule } from '../rules-file/rule.js'
import type { TemplatePart, TemplateWord } from '../rules-file/template.js'
import { shownValue } from '../rules-file/template.js'
import type { Alert, Severity } from './alert.js'
import type { KeyValues, Sighting } from './key-table.js'

/** What an alert says beside what the rule and the sighting say. */
export interface Occasion {
  readonly key: KeyValues
  readonly count: number
  /** In milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  readonly nowMs: number
  readonly isSummary: boolean
  /** The different values, of a rule that counts those. */
  readonly values: readonly string[] | undefined
}

/** How SPR's pages show it. */
const NOTIFICATION_TYPES: Readonly<Record<Severity, string>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'error'
}

const MAX_TITLE_CHARACTERS = 512
const MAX_BODY_CHARACTERS = 8192
const MAX_VALUES = 100
const LINE_BREAKS = /[\r\n\t]+/g

export interface Templates {
  readonly title: readonly TemplatePart[]
  readonly message: readonly TemplatePart[]
}

export function makeAlert(rule: Rule, templates: Templates, sighting: Sighting, occasion: Occasion): Alert {
  const { key, count, firstMs, lastMs, nowMs, isSummary } = occasion
  const fill = (template: readonly TemplatePart[]): string => filled(template, rule, sighting, occasion)
  const title = printable(fill(templates.title).replace(LINE_BREAKS, ' ')).slice(0, MAX_TITLE_CHARACTERS)
  const body = fill(templates.message).split('\n').map(printable).join('\n').slice(0, MAX_BODY_CHARACTERS)
  const { topic, event } = sighting
  const members = [
    member('Topic', topic),
    member('RuleId', rule.id),
    member('NotificationType', NOTIFICATION_TYPES[rule.severity]),
    member('Title', title),
    member('Body', body),
    event === undefined ? '' : `"Event":${event}`,
    occasion.values === undefined ? '' : member('Values', occasion.values.slice(0, MAX_VALUES)),
    member('State', ''),
    member('Severity', rule.severity),
    member('Count', count),
    member('First', time(firstMs)),
    member('Last', time(lastMs)),
    member('Key', key),
    isSummary ? member('Summary', true) : ''
  ]
  return {
    topic: `alert:${topic}:${rule.suffix}`,
    value: `{${members.filter(text => text !== '').join()}}`,
    source: 'rules',
    ruleId: rule.id,
    severity: rule.severity,
    title,
    body,
    timestampMs: nowMs,
    count,
    firstMs,
    lastMs,
    isSummary,
    key,
    actions: rule.actions
  }
}

function member(key: string, value: unknown): string {
  return `"${key}":${JSON.stringify(value)}`
}

function filled(template: readonly TemplatePart[], rule: Rule, { shown }: Sighting, occasion: Occasion): string {
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') text += part
    else if ('field' in part) text += shown[part.field] ?? ''
    else text += wordText(part.word, rule, occasion)
  }
  return text
}

function wordText(word: TemplateWord, rule: Rule, { count, firstMs, lastMs, values }: Occasion): string {
  switch (word) {
    case 'rule':
      return rule.id
    case 'severity':
      return rule.severity
    case 'count':
      return String(count)
    case 'first':
      return time(firstMs)
    case 'last':
      return time(lastMs)
    case 'distinct':
      return values === undefined ? ABSENT : String(values.length)
  }
}

/** Stands for a field that is not there. */
const ABSENT = '-'

export function shownText(value: Value): string {
  if (value === undefined || value === null || value === '') return ABSENT
  if (typeof value === 'string') return shownValue(value)
  if (typeof value !== 'object') return String(value)
  const isPlainList = Array.isArray(value) && value.every(item => typeof item === 'string')
  return shownValue((isPlainList ? value.slice(0, MAX_VALUES).join(', ') : jsonText(value)) ?? ABSENT)
}

function time(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? ABSENT : date.toISOString()
}
