import { z } from 'zod'
import { configSchema } from '../src/config/config.js'

/** What is used here of a JSON Schema, and what `field()` adds. */
export interface JsonSchema {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly JsonSchema[]
  oneOf?: readonly JsonSchema[]
  items?: JsonSchema
  properties?: Readonly<Record<string, JsonSchema>>
  required?: readonly string[]
  minimum?: number
  maximum?: number
  default?: unknown
  description?: string
  unit?: string
  otherwise?: string
}

/** The configuration as a file may hold it. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** The same for editors: what they do not know is said in the descriptions that they show. */
export function editorSchema(schema: JsonSchema): object {
  return { $id: 'urn:packet-logs:config', title: 'Configuration of packet-logsd', ...(plain(schema) as object) }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const { unit, otherwise, description, ...rest } = value as JsonSchema
  const said = [
    description,
    unit === undefined ? undefined : `In ${unit}.`,
    otherwise === undefined ? undefined : `Default: ${otherwise}.`
  ]
  const text = said.filter(part => part !== undefined).join(' ')
  return {
    ...(text !== '' && { description: text }),
    ...Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, plain(one)]))
  }
}
