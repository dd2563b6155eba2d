import type { JsonSchema } from './json-schema.js'

const head = `<!-- Written by \`pnpm --filter @packet-logs/daemon reference\` from the schema in src/config; edit that. -->

# Configuration of packet-logsd

\`packet-logsd --config FILE\` reads YAML or JSON; a flag overrides the file's field, and every field is optional. What is wrong is
named with its line, and nothing is started. With [the schema](../schemas/config.schema.json) an editor completes and checks the file.

`

/** Fields, their path in front. */
type Fields = readonly (readonly [path: string, schema: JsonSchema])[]

/** docs/configuration.md. */
export function formatReference(schema: JsonSchema): string {
  const sections = Object.entries(schema.properties ?? {}).map(([name, section]) => formatSection(name, section))
  return `${head}${sections.join('\n')}`
}

function formatSection(name: string, schema: JsonSchema): string {
  const { description = '' } = schema
  const isEmpty = schema.default === undefined || Object.keys(schema.default as object).length === 0
  const shown = isEmpty ? '' : ` Default: ${code(schema.default)}.`
  const variants = schema.items?.oneOf ?? schema.items?.anyOf
  const body = variants === undefined ? formatTable(fieldsOf(name, schema)) : formatVariants(name, variants)
  return `## \`${name}\`\n\n${description}${shown}\n\n${body}`
}

/** A list of objects of several kinds: what all of them have once, then what is each one's own. */
function formatVariants(name: string, variants: readonly JsonSchema[]): string {
  const tagOf = ({ properties = {} }: JsonSchema): [string, JsonSchema] | undefined =>
    Object.entries(properties).find(([, field]) => field.const !== undefined)
  const [first, ...others] = variants
  const common = Object.entries(first?.properties ?? {}).filter(([field, schema]) =>
    others.every(({ properties }) => same(properties?.[field], schema))
  )
  const commonNames = new Set(common.map(([field]) => field))
  const parts = variants.map(variant => {
    const [tag, tagSchema] = tagOf(variant) ?? []
    const own = Object.entries(variant.properties ?? {}).filter(([field]) => field !== tag && !commonNames.has(field))
    const table = own.length === 0 ? '' : `\n${formatTable(own.flatMap(([field, schema]) => fieldsOf(field, schema)))}`
    return `### \`${tag}: ${String(tagSchema?.const)}\`\n\n${variant.description ?? ''}\n${table}`
  })
  return `Each has:\n\n${formatTable(common.flatMap(([field, schema]) => fieldsOf(`${name}[].${field}`, schema)))}\n${parts.join('\n')}`
}

/** A field, or those that it is made of. */
function fieldsOf(path: string, schema: JsonSchema): Fields {
  const nested = schema.properties ?? schema.anyOf?.find(({ properties }) => properties !== undefined)?.properties
  if (nested !== undefined) return Object.entries(nested).flatMap(([name, field]) => fieldsOf(`${path}.${name}`, field))
  if (schema.items?.properties !== undefined) return fieldsOf(`${path}[]`, schema.items)
  return [[path, schema]]
}

function formatTable(fields: Fields): string {
  const rows = fields.map(([path, schema]) => [
    `\`${path}\``,
    typeOf(schema),
    rangeOf(schema),
    defaultOf(schema),
    schema.description ?? ''
  ])
  const lines = [
    ['field', 'type', 'unit, range', 'default', 'meaning'],
    Array.from({ length: 5 }, () => '---'),
    ...rows
  ]
  return `${lines.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`
}

function typeOf(schema: JsonSchema): string {
  const { type = 'any', items } = schema
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return variants.map(typeOf).join(' or ')
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ')
  return type === 'array' && items !== undefined ? `list of ${typeOf(items)}` : type
}

function rangeOf(schema: JsonSchema): string {
  const bounded = [schema, ...(schema.anyOf ?? [])].find(({ minimum, maximum }) => (minimum ?? maximum) !== undefined)
  const { minimum, maximum } = bounded ?? {}
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
  const range = minimum === undefined ? '' : isOpen ? `≥ ${minimum}` : `${minimum}–${maximum}`
  return [schema.unit, range].filter(text => text !== undefined && text !== '').join(', ')
}

function defaultOf({ default: value, otherwise }: JsonSchema): string {
  return otherwise ?? (value === undefined ? 'required' : code(value))
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
