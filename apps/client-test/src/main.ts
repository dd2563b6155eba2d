import type { Writable } from 'node:stream'
import { HELP, type Options, parseOptions, UsageError } from './options.js'
import { watch } from './watch.js'

/** What the client touches of its process. */
export interface Io {
  stdout: Writable
  stderr: Writable
  env: NodeJS.ProcessEnv
}

/**
 * Runs the client until `signal` aborts, the time is up, or nobody reads its output any more. Never rejects.
 *
 * @param argv arguments after the command's own name
 * @returns exit code: 0 done, 1 failed, 2 called the wrong way
 */
export async function main(argv: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  // With stderr gone there is nobody left to tell.
  io.stderr.on('error', () => undefined)
  try {
    const options = parseOptions(argv)
    if (options === undefined) io.stdout.write(HELP)
    else await watchUntilEnd(options, io, signal)
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    io.stderr.write(`packet-logs-client-test: ${message}\n`)
    if (!(error instanceof UsageError)) return 1
    io.stderr.write('(--help shows how it is called)\n')
    return 2
  }
}

/** Brings all ways to end together in one signal. */
async function watchUntilEnd(options: Options, io: Io, signal: AbortSignal): Promise<void> {
  const ending = new AbortController()
  let failure: Error | undefined
  const end = (): void => ending.abort()
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: who read our output has left, as `head` does. That is a way to end; a full disk is not.
    if (error.code !== 'EPIPE') failure ??= error
    end()
  })
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(end, options.timeoutMs)
  try {
    await watch(options, io, ending.signal)
  } catch (error) {
    if (!ending.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
  if (failure !== undefined) throw new Error(`the output cannot be written: ${failure.message}`, { cause: failure })
}
