import type { Value } from '../filter/value.js'
import { jsonText } from '../filter/value.js'
import type { KeyValues } from './key-table.js'

/** Characters of a value that keys tell apart. */
const MAX_CHARACTERS = 256

/** A value as part of a key: short, and without parts of its own. */
export function keyValue(value: Value): string | number | boolean | undefined {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value : jsonText(value)
  return text !== undefined && text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS) : text
}

/**
 * Tells keys apart: the value of a rule's only field, which costs nothing to make, or a text of all its values. An absent
 * value is a value too.
 */
export type KeyName = string | number | boolean | undefined

export function keyName(by: readonly { readonly name: string }[], values: KeyValues): KeyName {
  const [only] = by
  if (only !== undefined && by.length === 1) return values[only.name]
  return by.length === 0 ? undefined : JSON.stringify(by.map(({ name }) => values[name] ?? null))
}
