import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { ConfigError } from '@packet-logs/config-file'
import { CommanderError } from 'commander'
import { readToken, resolveTarget } from './config.js'
import { createDatabase } from './database/database.js'
import { endpointOf, type Target } from './database/endpoint.js'
import { runDryRun } from './dry-run.js'
import { runExporter } from './exporter.js'
import { type Flags, parseFlags } from './flags.js'
import { importEvents } from './import-events.js'
import { createCompatSchema } from './points/compat-schema.js'
import { createCounterSchema } from './points/counter-schema.js'
import { createPacketSchema } from './points/packet-schema.js'
import type { Schema } from './points/schema.js'

/** What the command may touch of the process it runs in. */
export interface Io {
  /** Resolves when more may be written. */
  writeOut: (text: string) => Promise<void>
  writeErr: (text: string) => void
  stdin: Readable
  env: NodeJS.ProcessEnv
  /** Ends the exporter: Ctrl-C, SIGTERM, or the end of its terminal. */
  signal: AbortSignal
}

const BACKOFF = { minDelayMs: 500, maxDelayMs: 30_000 }
const DRAIN_MS = 3000

/**
 * Runs `packet-logs-influxdb`. Never exits the process and never rejects.
 *
 * @param argv arguments after the command's own name
 * @returns 0 ended by a signal, or everything imported; 1 failed, or not everything; 2 wrong flags or configuration
 */
export async function main(argv: readonly string[], io: Io): Promise<0 | 1 | 2> {
  const log = (text: string): void => io.writeErr(`packet-logs-influxdb: ${text}\n`)
  try {
    const flags = parseFlags(argv, version(), { out: text => void io.writeOut(text), err: io.writeErr })
    return (await run(flags, io, log)) ? 0 : 1
  } catch (error) {
    // Commander has printed its message, or the help that was asked for, by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (io.signal.aborted && error === io.signal.reason) return 0
    log(error instanceof Error ? error.message : String(error))
    return error instanceof ConfigError || error instanceof WrongTarget ? 2 : 1
  }
}

/** Settings of the database that cannot be. */
class WrongTarget extends Error {}

async function run(flags: Flags, io: Io, log: (text: string) => void): Promise<boolean> {
  const { env, signal } = io
  const schema = schemaOf(flags)
  const input = flags.once === '-' ? io.stdin : flags.once
  const bus = { socket: flags.socket, dialect: flags.dialect, topics: flags.topics }
  if (flags.dryRun) {
    await runDryRun({ schema, input, bus, env, signal, print: io.writeOut, log })
    return true
  }
  const { batchPoints, timeoutMs } = flags
  const target = await targetOf(flags, env)
  if (input !== undefined) {
    const database = createDatabase(target, { timeoutMs })
    return importEvents({ input, topics: flags.topics, schema, database, batchPoints, backoff: BACKOFF, signal, log })
  }
  const { flushMs, logMs, spool, listen } = flags
  const timing = { batchPoints, flushMs, timeoutMs, logMs, backoff: BACKOFF, drainMs: DRAIN_MS }
  await runExporter({ target, schema, bus, spool, ...timing, listen, env, signal, log })
  return true
}

async function targetOf(
  { database, configPath, target: flags, tokenFile }: Flags,
  env: NodeJS.ProcessEnv
): Promise<Target> {
  try {
    const token = tokenFile && (await readToken(tokenFile))
    const target = await resolveTarget(database, { path: configPath, env, flags: { ...flags, token } })
    endpointOf(target)
    return target
  } catch (error) {
    if (error instanceof TypeError) throw new WrongTarget(error.message, { cause: error })
    throw error
  }
}

function schemaOf({ database, schema, addressTags, communityId }: Flags): Schema {
  if (database === 'victoriametrics') return createCounterSchema()
  return schema === 'compat'
    ? createCompatSchema(database === 'influxdb2')
    : createPacketSchema({ addressTags, communityId })
}

function version(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return version
}
