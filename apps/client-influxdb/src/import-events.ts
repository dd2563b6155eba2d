import type { Readable } from 'node:stream'
import { createCounters } from './counters.js'
import type { Database } from './database/database.js'
import { type BackoffOptions, Delivery } from './database/delivery.js'
import { readEventFile } from './event-file.js'
import { encodeEvents } from './points/encode-events.js'
import type { Schema } from './points/schema.js'

/** What is imported, and where to. */
export interface ImportOptions {
  input: string | Readable
  topics: string
  schema: Schema
  database: Database
  batchPoints: number
  backoff: BackoffOptions
  signal: AbortSignal
  log: (text: string) => void
}

const PROGRESS_MS = 10_000

/**
 * Imports a file of events. Doing so twice changes nothing: the same lines make the same points.
 *
 * @returns whether every line was a packet and is in the database
 * @throws `signal.reason`; what reading the file fails with
 */
export async function importEvents(options: ImportOptions): Promise<boolean> {
  const { schema, database, signal, log } = options
  const counters = createCounters()
  const delivery = new Delivery(
    database,
    {
      answered: () => undefined,
      waiting: (reason, attempt, delayMs) => {
        if (attempt === 1)
          log(`the database does not take points: ${reason}; trying again in ${Math.ceil(delayMs / 1000)} s`)
      },
      rejected: (count, reason, line) =>
        log(`the database refuses ${count} points: ${reason}; the line: ${line.slice(0, 200)}`)
    },
    options.backoff
  )
  let toldMs = performance.now()
  const { input, topics, batchPoints } = options
  for await (const events of readEventFile({ input, topics, pieceEvents: batchPoints, signal })) {
    const lines = encodeEvents(events, schema, counters)
    for (let from = 0; from < lines.length; from += batchPoints) {
      const { written, rejected } = await delivery.deliver(lines.slice(from, from + batchPoints), signal)
      counters.pointsWritten += written
      counters.pointsRejected += rejected
    }
    if (performance.now() - toldMs >= PROGRESS_MS) {
      toldMs = performance.now()
      log(`${counters.events} events read, ${counters.pointsWritten} points written`)
    }
  }
  const { events, eventsSkipped, pointsWritten, pointsRejected } = counters
  log(
    `${events} events read, ${pointsWritten} points written, ${pointsRejected} refused, ${eventsSkipped} events skipped`
  )
  return pointsRejected === 0 && eventsSkipped === 0
}
