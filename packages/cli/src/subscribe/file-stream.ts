import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { type Broker, type BusEvent, createBroker, type FilterCompiler } from '@packet-logs/bus'
import { again, readInput } from '../input.js'
import type { Io } from '../io.js'
import { readLines } from '../lines.js'
import { readRecordedEvent } from '../replay/recorded-event.js'
import { createExclusion, type EventStream, type StreamState } from './event-stream.js'
import type { SubscribeOptions } from './options.js'

/** A JSON array has to be read whole; beyond this, lines are the way. */
const maxArrayBytes = 256 * 1024 * 1024
const batchEvents = 256
const readBytes = 1024 * 1024

/** Events of a file: how many of its entries were none, and why the first was not. */
export interface FileStream extends EventStream {
  readonly skipped: number
  readonly firstSkipped: string | undefined
}

export interface FileStreamContext {
  signal: AbortSignal
  compileFilter: FilterCompiler | undefined
}

/** The events that were asked for of a file: a JSON object per line, or one array of them. `-` is standard input. */
export function openFileStream(
  io: Io,
  path: string,
  options: SubscribeOptions,
  context: FileStreamContext
): FileStream {
  return new RecordedStream(io, path, options, context)
}

class RecordedStream implements FileStream {
  readonly name: string
  readonly lost = 0
  readonly ready: Promise<void> = Promise.resolve()
  skipped = 0
  firstSkipped: string | undefined
  readonly #io: Io
  readonly #options: SubscribeOptions
  readonly #context: FileStreamContext

  constructor(io: Io, path: string, options: SubscribeOptions, context: FileStreamContext) {
    this.name = path
    this.#io = io
    this.#options = options
    this.#context = context
  }

  /** The file's events pass through a bus of their own, so that every wish means what it means on any other. */
  async *batches(): AsyncGenerator<readonly BusEvent[]> {
    const { prefixes, match, filter, exclude } = this.#options
    const { compileFilter } = this.#context
    const broker = createBroker(compileFilter && { compileFilter })
    const without = createExclusion(exclude)
    let isReadable = false
    const reader = broker.openReader(
      {
        prefix: prefixes.length > 0 ? prefixes : '',
        ...(match.length > 0 && { match }),
        ...(filter !== undefined && { filter })
      },
      {
        onReadable: () => {
          isReadable = true
        }
      }
    )
    async function* readAll(): AsyncGenerator<readonly BusEvent[]> {
      do {
        for (let run = reader.readEvents(readBytes); run; run = reader.readEvents(readBytes)) {
          const events = without(run.map(({ topic, value }) => ({ topic, value })))
          if (events.length > 0) yield events
        }
        // A costly filter is run in slices: nothing read does not yet mean that nothing is left.
        isReadable = false
        reader.wait()
        await setImmediate()
      } while (isReadable)
    }
    try {
      let pending = 0
      for await (const { where, text } of this.#entries()) {
        this.#publish(broker, where, text)
        if (++pending < batchEvents) continue
        pending = 0
        yield* readAll()
      }
      yield* readAll()
    } finally {
      broker.close()
    }
  }

  async *states(): AsyncGenerator<StreamState> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #publish(broker: Broker, where: string, text: string): void {
    const event = readRecordedEvent(text)
    try {
      if ('reason' in event) throw new Error(event.reason)
      broker.publishText(event.topic, event.text)
    } catch (error) {
      this.skipped++
      this.firstSkipped ??= `${where}: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  async *#entries(): AsyncGenerator<{ where: string; text: string }> {
    const { signal } = this.#context
    const [isArray, whole] = await peekArray(readInput(this.name, { stdin: this.#io.stdin, signal }))
    let number = 0
    if (isArray) {
      for (const entry of parseArray(await readWhole(whole, this.name), this.name)) {
        yield { where: `entry ${++number}`, text: JSON.stringify(entry) }
      }
      return
    }
    for await (const text of readLines(Readable.from(whole, { objectMode: false }), signal)) {
      number++
      // sprbus writes a blank line between events.
      if (text.trim() !== '') yield { where: `line ${number}`, text }
    }
  }
}

/** Whether the first character that is no blank opens an array; and everything again from the start. */
async function peekArray(chunks: AsyncGenerator<Buffer>): Promise<[boolean, AsyncIterable<Buffer>]> {
  const first: Buffer[] = []
  let start = ''
  while (start === '') {
    const next = await chunks.next()
    if (next.done === true) break
    first.push(next.value)
    start = next.value.toString('latin1').trimStart().slice(0, 1)
  }
  return [start === '[', again(first, chunks)]
}

async function readWhole(chunks: AsyncIterable<Buffer>, path: string): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.length
    if (length > maxArrayBytes) {
      throw new Error(`${path} is an array of more than 256 MiB; write one event per line, as with: jq -c '.[]'`)
    }
  }
  return Buffer.concat(parts).toString()
}

function parseArray(text: string, path: string): readonly unknown[] {
  try {
    return JSON.parse(text) as readonly unknown[]
  } catch (error) {
    throw new Error(
      `${path} begins as an array but is no JSON: ${error instanceof Error ? error.message : 'unreadable'}`
    )
  }
}
