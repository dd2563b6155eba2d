import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** An event of a file, with the number of its line. */
export interface FileEvent {
  value: string
  seq: number
}

/**
 * Reads events, one per line, as they come from `packet-logs subscribe -j` (`Topic`, `Value`), from a bus's socket (`topic`,
 * `value`), or bare. In pieces, so that no file is too long.
 *
 * @param input a path, or a stream
 * @param topics beginning of the topics to read, where lines name one
 */
export async function* readEventFile(
  input: string | Readable,
  topics: string,
  pieceEvents: number
): AsyncGenerator<readonly FileEvent[]> {
  const stream = typeof input === 'string' ? createReadStream(input, 'utf8') : input
  let events: FileEvent[] = []
  let seq = 0
  // readline throws no errors of its stream.
  let failure: Error | undefined
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  stream.once('error', (error: Error) => {
    failure = error
    lines.close()
  })
  for await (const line of lines) {
    seq += 1
    if (line.trim() === '') continue
    const value = eventText(line, topics)
    if (value !== undefined) events.push({ value, seq })
    if (events.length >= pieceEvents) {
      yield events
      events = []
    }
  }
  if (failure !== undefined) throw failure
  if (events.length > 0) yield events
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
