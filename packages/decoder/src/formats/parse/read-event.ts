import type { RootSchema } from '../../schema/schema.js'
import { findViolation } from '../../schema/schema.js'
import { FormatError } from './format-error.js'

/** Four times the longest line a bus carries. */
const MAX_CHARACTERS = 1_048_576
const MAX_QUOTED = 80

/** A JSON object whose values are nobody's word yet. */
export type UncheckedEvent = Record<string, unknown>

/** @throws FormatError when the text is too long or no JSON object */
export function readObject(text: string, format: string): UncheckedEvent {
  if (text.length > MAX_CHARACTERS) {
    throw new FormatError(
      'FORMAT_TOO_LONG',
      '',
      `${format}: ${text.length} characters are more than the ${MAX_CHARACTERS} an event may have; split the lines first`
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FormatError('FORMAT_SYNTAX', '', `${format}: not JSON (${quote(reason)}); give one event, whole`, {
      cause: error
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError('FORMAT_SHAPE', '', `${format}: ${quote(text)} is no JSON object; give one event`)
  }
  return value as UncheckedEvent
}

/** @throws FormatError when the event breaks its schema */
export function checkShape<T>(event: object, schema: RootSchema, format: string): T {
  const violation = findViolation(schema, event)
  if (violation === undefined) return event as T
  const { path, expected } = violation
  throw new FormatError('FORMAT_SHAPE', path, `${format}: ${path} should be ${expected}; see the format's JSON schema`)
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}
