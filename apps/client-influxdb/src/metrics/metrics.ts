import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Counters } from '../counters.js'
import type { SpoolStats } from '../spool/spool.js'

const PREFIX = 'packet_logs_influxdb_'

/** What metrics are made of. */
export interface MetricsSource {
  readonly counters: Counters
  readonly spool: SpoolStats
  readonly isBusConnected: boolean
  readonly isDatabaseAway: boolean
}

/** Metrics in Prometheus's form; they are read when somebody asks. */
export function createMetrics(source: MetricsSource): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: PREFIX + name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      }
    })
  }
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      }
    })
  }
  const { counters } = source
  counter('events_total', 'Events read from the bus.', () => counters.events)
  counter(
    'events_skipped_total',
    'Events that are no packet, or have no place in the schema.',
    () => counters.eventsSkipped
  )
  counter(
    'events_lost_total',
    'Events lost before they arrived, as far as the bus could count.',
    () => counters.eventsLost
  )
  counter('gaps_total', 'Holes in the stream of events.', () => counters.gaps)
  counter('gaps_unknown_total', 'Holes of which nobody knows the size.', () => counters.gapsUnknown)
  counter('points_total', 'Points made.', () => counters.points)
  counter('points_written_total', 'Points that the database took.', () => counters.pointsWritten)
  counter('points_rejected_total', 'Points that the database refused for what they are.', () => counters.pointsRejected)
  counter('requests_total', 'Requests to the database.', () => counters.requests)
  counter('request_seconds_total', 'Time spent waiting for its answers.', () => counters.requestMs / 1000)
  counter('retries_total', 'Requests that had to be made again.', () => counters.retries)
  counter('spool_dropped_full_total', 'Points dropped because too many waited.', () => source.spool.droppedFull)
  counter('spool_dropped_old_total', 'Points dropped because they waited too long.', () => source.spool.droppedOld)
  counter('spool_dropped_unwritable_total', 'Points the disk did not take.', () => source.spool.droppedUnwritable)
  counter('spool_dropped_damaged_total', 'Points lost to damage on the disk.', () => source.spool.droppedDamaged)
  gauge('spool_points', 'Points that wait.', () => source.spool.points)
  gauge('spool_bytes', 'Bytes of the spool on disk.', () => source.spool.bytes)
  gauge(
    'spool_oldest_seconds',
    'When the oldest waiting point was made, 0 when there is none.',
    () => (source.spool.oldestMs ?? 0) / 1000
  )
  gauge('bus_connected', '1 while the bus answers.', () => Number(source.isBusConnected))
  gauge('database_connected', '1 unless the last request failed.', () => Number(!source.isDatabaseAway))
  return registry
}
