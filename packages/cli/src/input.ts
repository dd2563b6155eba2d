import { constants, createReadStream, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** Formats that recordings are often kept in, by their first bytes, and what unpacks them. */
const packers = [
  { name: 'gzip', magic: '1f8b', unpack: 'zcat' },
  { name: 'xz', magic: 'fd377a585a00', unpack: 'xzcat' },
  { name: 'zstd', magic: '28b52ffd', unpack: 'zstdcat' },
  { name: 'bzip2', magic: '425a68', unpack: 'bzcat' }
] as const
const longestMagic = 6

export interface InputOptions {
  /** What `-` means. */
  stdin: Readable
  signal: AbortSignal
}

/**
 * The bytes of a file, a named pipe, or with `-` of standard input; at least the first six at once, if there are so many.
 *
 * @throws what is wrong with the file, compressed ones included; `signal.reason` as soon as the signal is aborted
 */
export async function* readInput(path: string, { stdin, signal }: InputOptions): AsyncGenerator<Buffer> {
  const input = path === '-' ? stdin : await open(path)
  const stop = (): void => void input.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let start: Buffer | undefined = Buffer.alloc(0)
  try {
    for await (const chunk of input as AsyncIterable<Buffer | string>) {
      const bytes = Buffer.from(chunk)
      if (start && start.length + bytes.length < longestMagic) {
        start = Buffer.concat([start, bytes])
        continue
      }
      const whole: Buffer = start ? Buffer.concat([start, bytes]) : bytes
      if (start) refusePacked(whole, path)
      start = undefined
      yield whole
    }
    if (start && start.length > 0) {
      refusePacked(start, path)
      yield start
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  signal.throwIfAborted()
}

/** An input whose beginning was looked at, from its beginning. */
export async function* again(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first
  yield* rest
}

async function open(path: string): Promise<Readable> {
  const found = await stat(path)
  if (found.isDirectory()) throw new Error(`${path} is a directory; name a file in it`)
  if (!found.isFIFO()) return createReadStream(path)
  // Opening a named pipe waits for its writer, in a thread that nothing could call back; a socket waits in the event loop.
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
}

function refusePacked(start: Buffer, path: string): void {
  const packer = packers.find(({ magic }) => start.toString('hex', 0, magic.length / 2) === magic)
  if (!packer) return
  const what = path === '-' ? 'the input' : path
  throw new Error(`${what} is compressed (${packer.name}); type: ${packer.unpack} FILE | packet-logs … -`)
}
