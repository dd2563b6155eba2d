import type { Readable, Writable } from 'node:stream'

/** Everything a command may touch of the process it runs in. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean; columns?: number }
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

/** Writes text and waits until the stream wants more, so that a slow reader holds the writer back and not memory. */
export async function write(stream: Writable, text: string, signal?: AbortSignal): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(text)) return
  await new Promise<void>(resolve => {
    const done = (): void => {
      stream.off('drain', done).off('close', done).off('error', done)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done).once('close', done).once('error', done)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted) done()
  })
}
