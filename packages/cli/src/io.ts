import type { Readable, Writable } from 'node:stream'

/** Everything a command may touch of the process it runs in. */
export interface Io {
  stdin: Readable & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown }
  stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number }
  stderr: Writable & { isTTY?: boolean }
  env: NodeJS.ProcessEnv
  /** Aborted when the command should end: Ctrl-C, SIGTERM, or nobody reads its output any more. */
  signal: AbortSignal
}

/** Whether a stream takes colours: `NO_COLOR` and `FORCE_COLOR` decide, else whether it is a terminal. */
export function takesColor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Whether the command talks to a terminal on which it can draw and read keys; without colours nobody wants it to. */
export function hasScreen({ stdin, stdout, env }: Io): boolean {
  const isTerminal = stdout.isTTY === true && stdin.isTTY === true && stdin.setRawMode !== undefined
  return isTerminal && Boolean(env['TERM']) && env['TERM'] !== 'dumb' && takesColor(stdout, env)
}

/** What was printed did not arrive, and not because its reader had seen enough: a full disk, most often. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
}

/**
 * Writes text and waits until the system has it, so that a slow reader holds the writer back and not memory. A reader that
 * is gone, and the signal, end the waiting.
 *
 * @throws OutputError
 */
export async function write(stream: Writable, text: string, signal?: AbortSignal): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      stream.off('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      if (error && !isReaderGone(error)) {
        reject(new OutputError(`the output cannot be written: ${error.message}`, { cause: error }))
      } else resolve()
    }
    const onClose = (): void => done()
    const onAbort = (): void => done()
    stream.once('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.write(text, done)
    if (signal?.aborted) done()
  })
}

function isReaderGone(error: Error): boolean {
  return (
    'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_DESTROYED')
  )
}
