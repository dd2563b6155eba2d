import { readFile } from 'node:fs/promises'
import { ConfigError, loadConfig, parseConfig } from '@packet-logs/config-file'
import { z } from 'zod'
import type { DatabaseKind, Target } from './database/endpoint.js'

/** Where SPR keeps its API's settings, and with them those of InfluxDB. */
const SPR_CONFIG_PATH = '/configs/base/api.json'

/** What of a database a file, the environment or a flag can say; an empty text says nothing. */
export type TargetInput = { [Key in 'url' | 'org' | 'bucket' | 'token']?: string | undefined }

// The file is SPR's: it holds much else.
const fileSchema = z.object({
  InfluxDB: z
    .object({
      URL: z.string().optional(),
      Org: z.string().optional(),
      Bucket: z.string().optional(),
      Token: z.string().optional()
    })
    .nullish()
})

/**
 * Which database: flags before the environment before the file before SPR's defaults.
 *
 * @param path of the file; by default SPR's, if there is one
 * @throws ConfigError; TypeError when a file with a token cannot be read
 */
export async function resolveTarget(
  kind: DatabaseKind,
  { path, env, flags }: { path: string | undefined; env: NodeJS.ProcessEnv; flags: TargetInput }
): Promise<Target> {
  const file = (await readFileSettings(path)).InfluxDB ?? {}
  const tokenFile = env['INFLUXDB_TOKEN_FILE']
  const first = (...candidates: (string | undefined)[]): string => candidates.find(Boolean) ?? ''
  return {
    kind,
    url: first(flags.url, env['INFLUXDB_URL'], file.URL, 'http://localhost:8086'),
    org: first(flags.org, env['INFLUXDB_ORG'], file.Org, 'spr'),
    bucket: first(flags.bucket, env['INFLUXDB_BUCKET'], file.Bucket, 'spr'),
    token: first(flags.token, env['INFLUXDB_TOKEN'], tokenFile && (await readToken(tokenFile)), file.Token)
  }
}

/**
 * A token in a file of its own: command lines and environments are read by others.
 *
 * @throws TypeError when there is none
 */
export async function readToken(path: string): Promise<string> {
  try {
    const token = (await readFile(path, 'utf8')).trim()
    if (token === '') throw new Error(`${path} is empty`)
    return token
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`The token cannot be read: ${reason}`, { cause })
  }
}

/** A parser's message ends with the place it means, and that may be the token. */
function withoutExcerpt(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error
  const message = error.message.replace(/:?\n\n.*$/s, '')
  return new ConfigError(error.code, message, error.problems)
}

async function readFileSettings(path: string | undefined): Promise<z.infer<typeof fileSchema>> {
  try {
    return await readFileAt(path)
  } catch (error) {
    throw withoutExcerpt(error)
  }
}

async function readFileAt(path: string | undefined): Promise<z.infer<typeof fileSchema>> {
  if (path !== undefined) return loadConfig(path, { schema: fileSchema })
  try {
    return parseConfig(await readFile(SPR_CONFIG_PATH, 'utf8'), { schema: fileSchema, name: SPR_CONFIG_PATH })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
