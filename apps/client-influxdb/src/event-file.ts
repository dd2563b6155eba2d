import { constants, createReadStream, openSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { addAbortSignal, pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** An event of a file, with the number of its line. */
export interface FileEvent {
  value: string
  seq: number
}

/** Where events are read, and which. */
export interface EventFileOptions {
  /** A path, or a stream; compressed or not. */
  input: string | Readable
  /** Beginning of the topics to read, where lines name one. */
  topics: string
  /** Events in a piece. */
  pieceEvents: number
  signal: AbortSignal
}

const NEWLINE = 0x0a
/** No event is as long: of what is, the beginning is kept, to be counted as no packet. */
const MAX_LINE_BYTES = 4 * 1024 * 1024

/**
 * Reads events, one per line, as they come from `packet-logs subscribe -j` (`Topic`, `Value`), from a bus's socket (`topic`,
 * `value`), or bare. In pieces, so that no file is too long.
 *
 * @throws `signal.reason`; what reading fails with
 */
export async function* readEventFile(options: EventFileOptions): AsyncGenerator<readonly FileEvent[]> {
  const { input, topics, pieceEvents, signal } = options
  signal.throwIfAborted()
  // A quiet pipe must not outlast whoever reads it.
  const source = addAbortSignal(signal, typeof input === 'string' ? openFile(input) : input)
  let events: FileEvent[] = []
  let seq = 0
  try {
    for await (const lines of readLines(await unpack(source))) {
      for (const line of lines) {
        seq += 1
        if (line.trim() === '') continue
        const value = eventText(line, topics)
        if (value !== undefined) events.push({ value, seq })
        if (events.length < pieceEvents) continue
        yield events
        events = []
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  if (events.length > 0) yield events
}

/** Opening a named pipe blocks until somebody writes to it, and nothing can end that: so it is opened without waiting. */
function openFile(path: string): Readable {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return createReadStream(path)
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
}

type Chunks = AsyncIterable<Buffer | string>

/** What rotated logs are packed with is told by its first bytes. */
async function unpack(source: Readable): Promise<Chunks> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer | string>
  const first = await chunks.next()
  if (first.done === true) return chunks
  const all = (async function* (): AsyncGenerator<Buffer | string> {
    yield first.value
    yield* chunks
  })()
  const start = first.value
  if (typeof start === 'string' || start[0] !== 0x1f || start[1] !== 0x8b) return all
  // What fails ends the iteration of the last stream with its error.
  return pipeline(all, createGunzip(), () => undefined)
}

/** The lines of each chunk, without their ends. */
async function* readLines(chunks: Chunks): AsyncGenerator<readonly string[]> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const lines: string[] = []
    let from = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      lines.push(Buffer.concat([...begun, bytes.subarray(from, end)]).toString('utf8'))
      ;[begun, begunBytes] = [[], 0]
      from = end + 1
    }
    const rest = bytes.subarray(from, from + MAX_LINE_BYTES - begunBytes)
    if (rest.length > 0) begun.push(rest)
    begunBytes += rest.length
    if (lines.length > 0) yield lines
  }
  if (begunBytes > 0) yield [Buffer.concat(begun).toString('utf8')]
}

/** The event's own text; `undefined` for an event on another topic. What cannot be read stays as it is, to be counted as no packet. */
function eventText(line: string, topics: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return line
  }
  if (typeof parsed !== 'object' || parsed === null) return line
  const { topic, value, Topic = topic, Value = value } = parsed as Record<string, unknown>
  if (typeof Topic !== 'string' || Value === undefined) return line
  if (!Topic.startsWith(topics)) return undefined
  return typeof Value === 'string' ? Value : JSON.stringify(Value)
}
