import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Makes a FIFO; Node has no call for it, but every system has the command. */
export async function makeFifo(path: string, mode: number): Promise<void> {
  try {
    await run('mkfifo', ['-m', mode.toString(8).padStart(4, '0'), '--', path])
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new Error(`the FIFO ${path} cannot be made: ${stderr.trim() || message}`, { cause: error })
  }
}
