/** What the published JSON schemas use of JSON Schema. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
}

export interface RootSchema extends Schema {
  readonly definitions: Readonly<Record<string, Schema>>
}

/** Where a value is not what its schema wants, and what it wants. */
export interface Violation {
  /** Keys and indexes from the outside in, joined by dots; empty for the value itself. */
  readonly path: string
  readonly expected: string
}

const DEFINITION = '#/definitions/'
/** Of a list this many members are looked at: enough to find a mistake, not enough to be kept busy. */
const MAX_ITEMS = 10_000

/** The first place where a value breaks its schema; keys the schema does not know are nobody's business. */
export function findViolation(root: RootSchema, value: unknown): Violation | undefined {
  return find(root, root, value, '')
}

function find(root: RootSchema, schema: Schema, value: unknown, path: string): Violation | undefined {
  if (schema.$ref !== undefined) {
    const target = root.definitions[schema.$ref.slice(DEFINITION.length)]
    return target === undefined ? undefined : find(root, target, value, path)
  }
  if (schema.anyOf !== undefined) return findInAny(root, schema.anyOf, value, path)
  if ('const' in schema && value !== schema.const) return { path, expected: JSON.stringify(schema.const) }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return { path, expected: schema.enum.map(member => JSON.stringify(member)).join(' or ') }
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  if (types.length > 0 && !types.some(type => isOfType(value, type))) return { path, expected: types.join(' or ') }
  if (Array.isArray(value)) return findInItems(root, schema.items, value, path)
  if (typeof value === 'object' && value !== null) return findInProperties(root, schema, value, path)
  return undefined
}

/** Of alternatives the one that fits best tells: the one whose violation lies deepest. */
function findInAny(
  root: RootSchema,
  alternatives: readonly Schema[],
  value: unknown,
  path: string
): Violation | undefined {
  const here: string[] = []
  let deepest: Violation | undefined
  for (const alternative of alternatives) {
    const violation = find(root, alternative, value, path)
    if (violation === undefined) return undefined
    if (violation.path === path) here.push(violation.expected)
    else deepest = violation
  }
  return deepest ?? { path, expected: here.join(' or ') }
}

function findInItems(
  root: RootSchema,
  items: Schema | undefined,
  list: readonly unknown[],
  path: string
): Violation | undefined {
  if (items === undefined) return undefined
  for (let index = 0; index < Math.min(list.length, MAX_ITEMS); index++) {
    const violation = find(root, items, list[index], join(path, String(index)))
    if (violation !== undefined) return violation
  }
  return undefined
}

function findInProperties(root: RootSchema, schema: Schema, value: object, path: string): Violation | undefined {
  const properties = schema.properties ?? {}
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) return { path: join(path, key), expected: 'a value' }
  }
  for (const [key, property] of Object.entries(properties)) {
    if (!Object.hasOwn(value, key)) continue
    const violation = find(root, property, (value as Record<string, unknown>)[key], join(path, key))
    if (violation !== undefined) return violation
  }
  return undefined
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === type
    default:
      return false
  }
}
