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
  /** Resolves when more may be printed. */
  print: (text: string) => Promise<void>
  log: (text: string) => void
}

const PIECE_EVENTS = 1000

/** Prints the points that would be written. */
export async function runDryRun({ schema, input, bus, env, signal, print, log }: DryRunOptions): Promise<void> {
  const counters = createCounters()
  const show = async (events: readonly { value: string; seq: number }[]): Promise<void> => {
    const lines = encodeEvents(events, schema, counters)
    if (lines.length > 0) await print(`${lines.join('\n')}\n`)
  }
  if (input !== undefined) {
    try {
      const pieces = readEventFile({ input, topics: bus.topics, pieceEvents: PIECE_EVENTS, signal })
      for await (const events of pieces) await show(events)
    } catch (error) {
      if (!signal.aborted) throw error
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
        take: show,
        gap: async gap => log(`${gap.lost ?? 'an unknown number of'} events are missing here`),
        connected: path => log(`reading the bus at ${path}`),
        disconnected: reason => log(reason)
      }
    })
  }
  log(`${counters.events} events, ${counters.points} points, ${counters.eventsSkipped} events skipped`)
}
