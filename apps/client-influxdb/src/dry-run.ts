import type { Readable } from 'node:stream'
import { followBus } from './bus/follow-bus.js'
import { createCounters } from './counters.js'
import { readEventFile } from './event-file.js'
import { encodeEvents } from './points/encode-events.js'
import type { Schema } from './points/schema.js'

/** What is to be shown. */
export interface DryRunOptions {
  schema: Schema
  /** A file of events instead of the bus. */
  input: string | Readable | undefined
  bus: { socket: string | undefined; dialect: 'json' | 'grpc'; topics: string }
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  print: (text: string) => void
  log: (text: string) => void
}

const PIECE_EVENTS = 1000

/** Prints the points that would be written. */
export async function runDryRun({ schema, input, bus, env, signal, print, log }: DryRunOptions): Promise<void> {
  const counters = createCounters()
  const show = (events: readonly { value: string; seq: number }[]): void => {
    const lines = encodeEvents(events, schema, counters)
    if (lines.length > 0) print(`${lines.join('\n')}\n`)
  }
  if (input !== undefined) {
    for await (const events of readEventFile(input, bus.topics, PIECE_EVENTS)) {
      if (signal.aborted) break
      show(events)
    }
  } else {
    await followBus({
      socket: bus.socket,
      dialect: bus.dialect,
      prefix: bus.topics,
      env,
      signal,
      listener: {
        position: () => undefined,
        hasHistory: () => false,
        take: async events => show(events),
        gap: async gap => log(`${gap.lost ?? 'an unknown number of'} events are missing here`),
        connected: path => log(`reading the bus at ${path}`),
        disconnected: reason => log(reason)
      }
    })
  }
  log(`${counters.events} events, ${counters.points} points, ${counters.eventsSkipped} events skipped`)
}
