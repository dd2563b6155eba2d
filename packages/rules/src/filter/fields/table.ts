import { applicationFields } from './application-fields.js'
import type { Field } from './field.js'
import { endpointFields, headerFields, loggingFields } from './network-fields.js'
import { sprFields } from './spr-fields.js'

/** Every field of the filter language, in the order of the documentation. */
export const fields: ReadonlyMap<string, Field> = new Map(
  [...loggingFields, ...endpointFields, ...headerFields, ...applicationFields, ...sprFields].map(field => [
    field.name,
    field
  ])
)

/** The first words of dotted names: `src`, `tcp`, … */
export const fieldGroups: ReadonlySet<string> = new Set(
  [...fields.keys()].flatMap(name => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : []))
)
