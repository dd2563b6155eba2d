import { Fragment } from '../bytes/fragment.js'

/** The names a layer has in JSON, as finished text: its own key, and one for each of its fields. */
export interface JsonNames<F extends string = string> {
  /** The layer's key in the event, such as `NTP`. */
  readonly name: string
  readonly key: Fragment
  readonly fields: Readonly<Record<F, Fragment>>
}

/**
 * The one table of a protocol that maps its field names to JSON: Go-style capitals, as SPR's clients read them. Made
 * once per protocol, at module level.
 */
export function jsonNames<const F extends string>(name: string, fields: Readonly<Record<F, string>>): JsonNames<F> {
  return { name, key: jsonKey(name), fields: fieldKeys(fields) }
}

/** The same for an object inside a layer, which has no key of its own. */
export function fieldKeys<const F extends string>(fields: Readonly<Record<F, string>>): Readonly<Record<F, Fragment>> {
  const entries = Object.entries<string>(fields).map(([field, name]) => [field, jsonKey(name)])
  return Object.fromEntries(entries) as Record<F, Fragment>
}

function jsonKey(name: string): Fragment {
  return new Fragment(`,"${name}":`)
}

/** Stands where a field has its key: for what is written into a list. */
export const ITEM: Fragment = new Fragment(',')
