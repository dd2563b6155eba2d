import { type Document, isScalar, LineCounter, visit, YAMLError, type YAMLMap, YAMLParseError } from 'yaml'
import type { ZodType } from 'zod'
import { composeDocument } from './compose-document.js'
import { ConfigError, type ConfigProblem } from './errors.js'

/** How a text becomes a configuration. */
export interface ParseConfigOptions<Config> {
  /** What the text has to be. Defaults are the schema's. */
  schema: ZodType<Config>
  /** What the text is called in errors, usually the file's path. */
  name: string
  /** Fields that take the place of the text's own, as flags do. */
  overrides?: object
}

/** Longest text that is read, in characters: nobody writes a megabyte of settings, and parsing takes memory. */
const MAX_LENGTH = 4 * 1024 * 1024
/** How often YAML aliases may be expanded. */
const MAX_ALIASES = 100

/**
 * Parses YAML, of which JSON is a part. A text that is empty, or has comments only, is a configuration without fields.
 *
 * @throws ConfigError `CONFIG_INVALID` with every problem: file, line, field, reason
 */
export function parseConfig<Config>(text: string, { schema, name, overrides }: ParseConfigOptions<Config>): Config {
  if (text.length > MAX_LENGTH) {
    throw invalid([{ name, field: '', message: `is longer than ${MAX_LENGTH} characters` }])
  }
  const lines = new LineCounter()
  const document = compose(text, name, lines)
  const written = plainValue(document, name, lines)
  const isFields = typeof written === 'object' && !Array.isArray(written)
  const parsed = schema.safeParse(isFields ? { ...written, ...overrides } : written)
  if (parsed.success) return parsed.data
  throw invalid(
    parsed.error.issues.map((issue): ConfigProblem => {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path
      const line = lineOf(document, lines, path)
      return { name, ...(line !== undefined && { line }), field: fieldName(issue.path), message: issue.message }
    })
  )
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  // The value itself may be missing: then the line of what should hold it.
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return lines.linePos(Number(node.range[0])).line
    }
  }
  return undefined
}

function compose(text: string, name: string, lines: LineCounter): Document {
  try {
    const document = composeDocument(text, lines)
    // A tag that means nothing is only warned of, and what follows it is taken for the value: `!tcp.ack && tcp.syn` would lose its half.
    const [syntaxError] = [...document.errors, ...document.warnings]
    if (syntaxError) throw syntaxError
    refuseRepeatedKeys(document)
    return document
  } catch (error) {
    throw invalidYaml(error, name, lines)
  }
}

function plainValue(document: Document, name: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}
  } catch (error) {
    throw invalidYaml(error, name, lines)
  }
}

function invalidYaml(error: unknown, name: string, lines: LineCounter): ConfigError {
  const reason = error instanceof Error ? error.message : String(error)
  const isTag = error instanceof YAMLError && error.code === 'TAG_RESOLVE_FAILED'
  const message = isTag ? `${reason}\na text that begins with ! stands in quotes` : reason
  const line = error instanceof YAMLError ? lines.linePos(error.pos[0]).line : undefined
  return invalid([{ name, ...(line !== undefined && { line }), field: '', message }], { cause: error })
}

/** Of two fields with one name, only one would count. */
function refuseRepeatedKeys(document: Document): void {
  const refuse = ({ items }: YAMLMap): void => {
    const known = new Set<unknown>()
    for (const { key } of items) {
      if (!isScalar(key)) continue
      if (known.has(key.value)) {
        const [start = 0, end = start] = key.range ?? []
        throw new YAMLParseError([start, end], 'DUPLICATE_KEY', `names ${JSON.stringify(key.value)} twice`)
      }
      known.add(key.value)
    }
  }
  visit(document, {
    Map: (_key, map) => {
      refuse(map)
    }
  })
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return name.replace(/^\./, '')
}

function invalid(problems: readonly ConfigProblem[], options?: ErrorOptions): ConfigError {
  const lines = problems.map(({ name, line, field, message }) => {
    return `${line === undefined ? name : `${name}:${line}`}: ${field || 'the whole file'}: ${message}`
  })
  return new ConfigError('CONFIG_INVALID', lines.join('\n'), problems, options)
}
