import { createRequire } from 'node:module'
import { ConfigError, loadConfig, parseConfig } from '@packet-logs/config-file'
import { CommanderError } from 'commander'
import { configSchema } from './config/config.js'
import { runDaemon } from './daemon.js'
import { applyFlags, parseFlags } from './flags.js'
import { announceReady } from './readiness.js'

/** What the command may touch of the process it runs in. */
export interface Io {
  writeOut: (text: string) => void
  writeErr: (text: string) => void
  env: NodeJS.ProcessEnv
  /** Ends the daemon: Ctrl-C, SIGTERM, or the end of its terminal. */
  signal: AbortSignal
}

/**
 * Runs `packet-logsd`. Never exits the process and never rejects.
 *
 * @param argv arguments after the command's own name
 * @returns 0 ended by a signal, 1 failed, 2 wrong flags or configuration
 */
export async function main(argv: readonly string[], io: Io): Promise<0 | 1 | 2> {
  // Whoever looks for the name finds all of a message, the lines of a file that it shows among them.
  const log = (text: string): void => {
    const lines = text.split('\n').filter(line => line.trim() !== '')
    io.writeErr(lines.map(line => `packet-logsd: ${line}\n`).join(''))
  }
  try {
    const flags = parseFlags(argv, version(), { out: io.writeOut, err: io.writeErr })
    const config = await (flags.configPath === undefined
      ? parseConfig('', { schema: configSchema, name: 'flags' })
      : loadConfig(flags.configPath, { schema: configSchema }))
    await runDaemon(applyFlags(config, flags), {
      signal: io.signal,
      log,
      env: io.env,
      onReady: ready => announceReady(ready, log, io.env)
    })
    return 0
  } catch (error) {
    // Commander has printed its message, or the help that was asked for, by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (io.signal.aborted && error === io.signal.reason) return 0
    log(error instanceof Error ? error.message : String(error))
    return error instanceof ConfigError ? 2 : 1
  }
}

function version(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return version
}
