import { type FileHandle, open } from 'node:fs/promises'
import type { BusEvent } from '@packet-logs/bus'
import { formatEventJson } from '../events/event-line.js'
import { OutputError } from '../io.js'

const newline = 0x0a

/** A file that events are added to, a JSON object per line. */
export class EventFile implements AsyncDisposable {
  readonly #path: string
  readonly #handle: FileHandle

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  /** @throws OutputError */
  static async open(path: string): Promise<EventFile> {
    try {
      const handle = await open(path, 'a+')
      const file = new EventFile(path, handle)
      // What was cut off in the middle of a line must not spoil the next one.
      if (await endsInsideLine(handle)) await file.#append('\n')
      return file
    } catch (error) {
      throw cannotWrite(path, error)
    }
  }

  /**
   * Returns when the system has the events.
   * @throws OutputError
   */
  async write(events: readonly BusEvent[]): Promise<void> {
    await this.#append(events.map(event => `${formatEventJson(event)}\n`).join(''))
  }

  /** Returns when the disk has the events, as far as it is one. @throws OutputError */
  async close(): Promise<void> {
    try {
      await this.#handle.datasync().catch(ignoreNoDisk)
      await this.#handle.close()
    } catch (error) {
      throw cannotWrite(this.#path, error)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#handle.appendFile(text)
    } catch (error) {
      throw cannotWrite(this.#path, error)
    }
  }
}

async function endsInsideLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== newline
}

/** Pipes and devices have nothing to flush. */
function ignoreNoDisk(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && (error.code === 'EINVAL' || error.code === 'ENOTSUP'))) throw error
}

function cannotWrite(path: string, error: unknown): OutputError {
  if (error instanceof OutputError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
  const advice = isFull ? '; make room, the events until now are in it' : ''
  return new OutputError(`${path} cannot be written: ${reason}${advice}`, { cause: error })
}
