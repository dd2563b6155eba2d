import { Counter, Registry } from 'prom-client'
import type { RecentPage } from '../recent.js'

/** What queries for events did. */
export interface EventCounters {
  readonly registry: Registry
  readonly count: (page: RecentPage) => void
}

export function createEventCounters(): EventCounters {
  const registry = new Registry()
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `packet_logs_gateway_events_${name}_total`, help, registers: [registry] })
  const seen = counter('seen', 'Events that queries for recent events looked at.')
  const returned = counter('returned', 'Events that queries for recent events were answered with.')
  return {
    registry,
    count: page => {
      seen.inc(page.seen)
      returned.inc(page.events.length)
    }
  }
}
