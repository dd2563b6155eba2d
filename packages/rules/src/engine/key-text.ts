import type { Value } from '../filter/value.js'
import type { KeyValues } from './key-table.js'

/** Characters of a value that keys tell apart. */
const MAX_CHARACTERS = 256

/** A value as part of a key: short, and without parts of its own. */
export function keyValue(value: Value): string | number | boolean | undefined {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS) : text
}

/** The same text for the same values, another for others; an absent value is a value too. */
export function keyText(by: readonly { readonly name: string }[], values: KeyValues): string {
  const [only] = by
  if (only !== undefined && by.length === 1) {
    const value = values[only.name]
    return `${typeof value} ${String(value)}`
  }
  return JSON.stringify(by.map(({ name }) => values[name] ?? null))
}
