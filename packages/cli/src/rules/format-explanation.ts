import { safeText } from '@packet-logs/decoder'
import type { Colors } from 'picocolors/types.js'
import type { ExaminedCondition, RuleExplanation, RuleReading } from './explain-rule-file.js'
import type { Subject } from './recorded.js'

const headings: Readonly<Record<RuleReading['name'], string>> = {
  when: 'Matches when',
  spr: 'As SPR reads it, matches when',
  meant: 'As it is meant, matches when'
}

const maxSeenCharacters = 100

/** A rule in words and, with something to put before it, whether and why it matches. */
export function formatExplanation(rule: RuleExplanation, subject: Subject | undefined, colors: Colors): string {
  const { id, line, says, readings, notes } = rule
  const lines = [
    colors.bold(`${safeText(id)}${line === undefined ? '' : ` (line ${line})`}`),
    ...says.map(sentence => `  ${safeText(sentence)}`),
    ...readings.flatMap(reading => [
      `  ${heading(reading)} ${safeText(reading.meaning)}.`,
      ...(reading.filter === undefined ? [] : [`    ${colors.dim('filter')} ${colors.cyan(safeText(reading.filter))}`]),
      ...(subject === undefined || reading.isEmpty === true ? [] : formatExamination(reading, subject, colors))
    ]),
    ...notes.map(note => `  ${colors.yellow('note')} ${safeText(note)}`)
  ]
  return lines.map(text => `${text}\n`).join('')
}

function heading({ name, meaning, isEmpty }: RuleReading): string {
  if (isEmpty === true) return headings[name].replace(/,? ?[Mm]atches when$/, ':')
  return meaning === 'always' || meaning === 'never' ? headings[name].replace(/ when$/, '') : headings[name]
}

function formatExamination(reading: RuleReading, subject: Subject, colors: Colors): string[] {
  const { matches, conditions } = reading.examine(subject)
  const verdict = matches ? colors.green('matches') : colors.red('does not match')
  return [`    ${verdict}`, ...conditions.map(condition => `      ${formatCondition(condition, colors)}`)]
}

function formatCondition(condition: ExaminedCondition, colors: Colors): string {
  const mark = condition.isMet ? colors.green('yes') : colors.red('no ')
  const seen = formatSeen(condition)
  return `${mark} ${safeText(condition.source)}${seen === '' ? '' : `   ${colors.dim(seen)}`}`
}

/** `dst.port is 443, tcp.syn is absent`. */
function formatSeen({ seen, absent }: Pick<ExaminedCondition, 'seen' | 'absent'>): string {
  const values = Object.entries(seen).map(([name, value]) => {
    const text = JSON.stringify(value) ?? 'nothing'
    return `${name} is ${text.length > maxSeenCharacters ? `${text.slice(0, maxSeenCharacters)}…` : text}`
  })
  return safeText([...values, ...absent.map(name => `${name} is absent`)].join(', '))
}
