import { readFile } from 'node:fs/promises'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { type Config, type ConfigInput, configSchema } from './config.js'
import { DaemonError } from './errors.js'

/**
 * Reads a configuration file (YAML, of which JSON is a part); fields of `flags` take the place of the file's.
 *
 * @throws DaemonError `DAEMON_CONFIG_UNREADABLE`, or `DAEMON_CONFIG_INVALID` naming each field with its line.
 */
export async function loadConfig(path: string | undefined, flags: ConfigInput): Promise<Config> {
  if (path === undefined) return parseConfig('', 'flags', flags)
  try {
    return parseConfig(await readFile(path, 'utf8'), path, flags)
  } catch (error) {
    if (error instanceof DaemonError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new DaemonError('DAEMON_CONFIG_UNREADABLE', `${path} cannot be read: ${reason}; name another with --config`, {
      cause: error
    })
  }
}

/**
 * Parses a configuration. The source's name appears in errors as `name:line`.
 *
 * @throws DaemonError `DAEMON_CONFIG_INVALID`
 */
export function parseConfig(text: string, name: string, flags: ConfigInput = {}): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const written = plainValue(document, name)
  const isFields = typeof written === 'object' && !Array.isArray(written)
  const parsed = configSchema.safeParse(isFields ? { ...written, ...flags } : written)
  if (parsed.success) return parsed.data

  const problems = parsed.error.issues.map(issue => {
    const line = lineOf(issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path)
    return `${line === undefined ? name : `${name}:${line}`}: ${fieldName(issue.path)}: ${issue.message}`
  })
  throw new DaemonError('DAEMON_CONFIG_INVALID', problems.join('\n'))

  function lineOf(path: readonly PropertyKey[]): number | undefined {
    // The value itself may be missing: then the line of what should hold it.
    for (let depth = path.length; depth > 0; depth--) {
      const node: unknown = document.getIn(path.slice(0, depth), true)
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
        return lines.linePos(Number(node.range[0])).line
      }
    }
    return undefined
  }
}

/** The document as plain values. An empty file, or one with comments only, is an empty configuration. */
function plainValue(document: Document, name: string): unknown {
  try {
    const [syntaxError] = document.errors
    if (syntaxError) throw syntaxError
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DaemonError('DAEMON_CONFIG_INVALID', `${name}: ${reason}`, { cause: error })
  }
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return name.replace(/^\./, '') || 'the whole file'
}
