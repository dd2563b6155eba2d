import { readFile } from 'node:fs/promises'
import type { ZodType } from 'zod'
import { ConfigError } from './errors.js'
import { parseConfig } from './parse-config.js'

/** What a file has to be, and what overrides it. */
export interface LoadConfigOptions<Config> {
  /** What the file has to hold. Defaults are the schema's. */
  schema: ZodType<Config>
  /** Fields that take the place of the file's own, as flags do. */
  overrides?: object
}

/**
 * Reads and parses a file.
 *
 * @throws ConfigError `CONFIG_UNREADABLE`, or `CONFIG_INVALID` with every problem: file, line, field, reason
 */
export async function loadConfig<Config>(path: string, options: LoadConfigOptions<Config>): Promise<Config> {
  return parseConfig(await readText(path), { ...options, name: path })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError('CONFIG_UNREADABLE', `${path} cannot be read: ${reason}; name another file`, [], { cause })
  }
}
