import type { RuleErrorCode } from '../errors.js'
import { RuleError } from '../errors.js'

/** A stretch of a filter's text, in UTF-16 code units. */
export interface SourceRange {
  readonly start: number
  readonly end: number
}

const MAX_LINE = 100
const MAX_CARETS = 40
// Control characters, and those that hide, reorder or break text: a filter may come from a stranger.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text with everything a terminal might obey replaced, as many code units long. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => '\ufffd'.repeat(character.length))
}

/** A name from the filter for use within a sentence. */
export function quoted(text: string): string {
  const shown = printable(text)
  return `'${shown.length > 60 ? `${shown.slice(0, 59)}…` : shown}'`
}

/** An error that shows the place under its line of the filter. */
export function errorAt(
  code: RuleErrorCode,
  problem: string,
  source: string,
  range: SourceRange,
  options?: ErrorOptions
): RuleError {
  const offset = Math.min(Math.max(range.start, 0), source.length)
  const lineStart = offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1
  const newline = source.indexOf('\n', offset)
  const lineEnd = newline < 0 ? source.length : newline
  const line = source.slice(0, lineStart).split('\n').length
  const column = offset - lineStart + 1

  // Of a long line, the part around the place.
  const from = lineEnd - lineStart > MAX_LINE ? Math.max(lineStart, offset - MAX_LINE / 2) : lineStart
  const to = Math.min(lineEnd, from + MAX_LINE)
  const before = from > lineStart ? '…' : ''
  const after = to < lineEnd ? '…' : ''
  const carets = Math.max(1, Math.min(range.end, to) - offset)
  const shown = `${before}${printable(source.slice(from, to))}${after}`
  const marker = `${' '.repeat(before.length + offset - from)}${'^'.repeat(Math.min(carets, MAX_CARETS))}`
  const message = `${printable(problem)}\n  ${shown}\n  ${marker}`
  return new RuleError(code, message, { ...options, position: { offset, line, column } })
}
