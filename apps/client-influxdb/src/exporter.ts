import type { Gap } from '@packet-logs/bus'
import { followBus, type NumberedEvent } from './bus/follow-bus.js'
import { createCounters } from './counters.js'
import { createDatabase } from './database/database.js'
import { type BackoffOptions, Delivery } from './database/delivery.js'
import type { Target } from './database/endpoint.js'
import type { Listen } from './flags.js'
import { type MetricsServer, serveMetrics } from './metrics/metrics-server.js'
import { encodeEvents } from './points/encode-events.js'
import type { Schema } from './points/schema.js'
import { Reporter } from './reporter.js'
import { runSender } from './sender.js'
import { Intake } from './spool/intake.js'
import { Spool, type SpoolOptions, type SpoolStats } from './spool/spool.js'

/** Everything an exporter has to know. */
export interface ExporterOptions {
  target: Target
  schema: Schema
  bus: { socket: string | undefined; dialect: 'json' | 'grpc'; topics: string }
  spool: SpoolOptions
  batchPoints: number
  flushMs: number
  timeoutMs: number
  logMs: number
  backoff: BackoffOptions
  /** Milliseconds at the end for what is still to be sent. */
  drainMs: number
  listen: Listen | undefined
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  log: (text: string) => void
}

const TICK_MS = 1000

/**
 * Bus → points → spool → database, until the signal aborts. Whatever it has taken from the bus is in the spool before it takes
 * more, and leaves it when the database has it.
 *
 * @throws SpoolError; TypeError for a wrong URL; what listening for metrics fails with
 */
export async function runExporter(options: ExporterOptions): Promise<void> {
  const { schema, signal, log, batchPoints, flushMs } = options
  const database = createDatabase(options.target, options)
  const counters = createCounters()
  const spool = await Spool.open(options.spool)
  const intake = new Intake(spool)
  let isBusConnected = false
  const waiting = (): SpoolStats => {
    const { stats } = spool
    return { ...stats, points: stats.points + intake.waiting }
  }
  const reporter = new Reporter(
    {
      counters,
      get spool() {
        return waiting()
      }
    },
    log,
    options.logMs
  )
  const delivery = new Delivery(
    database,
    {
      answered: (answer, durationMs) => {
        counters.requests += 1
        counters.requestMs += durationMs
        if (answer.kind !== 'later') reporter.databaseBack()
      },
      waiting: (reason, _attempt, delayMs) => {
        counters.retries += 1
        reporter.databaseAway(reason, delayMs)
      },
      rejected: (count, reason, line) => reporter.rejected(count, reason, line)
    },
    options.backoff
  )
  const listener = {
    position: () => intake.position,
    hasHistory: () => spool.hasHistory,
    take: (events: readonly NumberedEvent[], position: { epoch: number; seq: number } | undefined) =>
      intake.take(encodeEvents(events, schema, counters), position),
    gap: async (gap: Gap) => {
      counters.gaps += 1
      if (gap.lost === null) counters.gapsUnknown += 1
      else counters.eventsLost += gap.lost
      const lines = schema.gap(gap, Date.now())
      counters.points += lines.length
      await intake.take(lines, intake.position)
    },
    connected: (path: string, numbered: boolean) => {
      isBusConnected = true
      reporter.busConnected(path, numbered)
    },
    disconnected: (reason: string) => {
      isBusConnected = false
      reporter.busAway(reason)
    }
  }

  const stopReading = new AbortController()
  const end = (): void => stopReading.abort()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const ending = new AbortController()
  const stopSending = new AbortController()
  let server: MetricsServer | undefined
  let both: readonly Promise<void>[] = []
  const timer = setInterval(() => reporter.tick(), TICK_MS)
  try {
    if (options.listen) {
      server = await serveMetrics(options.listen, {
        counters,
        get spool() {
          return waiting()
        },
        get isBusConnected() {
          return isBusConnected
        },
        get isDatabaseAway() {
          return reporter.isDatabaseAway
        }
      })
    }
    const { points } = spool.stats
    const left = points > 0 ? `; ${points} points are waiting from before` : ''
    log(`writing to ${database.description}${server ? `, metrics at ${server.url}/metrics` : ''}${left}`)
    const sending = runSender({
      spool,
      delivery,
      batchPoints,
      flushMs,
      ending: ending.signal,
      signal: stopSending.signal,
      written: (written, rejected) => {
        counters.pointsWritten += written
        counters.pointsRejected += rejected
      }
    })
    const { socket, dialect, topics: prefix } = options.bus
    const reading = followBus({ socket, dialect, prefix, env: options.env, signal: stopReading.signal, listener })
    both = [reading, sending]
    // One of them failing is the end of both.
    await Promise.race(both)
    await reading
    await intake.flush()
    ending.abort()
    const deadline = setTimeout(() => stopSending.abort(), reporter.isDatabaseAway ? 0 : options.drainMs)
    await sending
    clearTimeout(deadline)
  } finally {
    clearInterval(timer)
    signal.removeEventListener('abort', end)
    for (const controller of [stopReading, ending, stopSending]) controller.abort()
    await Promise.allSettled(both)
    reporter.summarise()
    await server?.close()
    await spool.close()
  }
}
