import { CommanderError } from 'commander'
import { type ExitCode, UsageError } from './exit-code.js'
import type { Io } from './io.js'
import { createProgram } from './program.js'

/**
 * Runs the `packet-logs` command. Never exits the process and never rejects.
 *
 * @param argv arguments after the command's own name
 * @returns 0 done, 1 failed, 2 called the wrong way
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has printed its message (or the help that was asked for) by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (io.signal.aborted && error === io.signal.reason) return 0
    io.stderr.write(`packet-logs: ${describe(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** The message, and the code by which the README explains it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? `${error.message} [${error.code}]` : error.message
}
