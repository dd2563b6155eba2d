import { Counter, Gauge, Registry } from 'prom-client'
import type { EndpointStats, GatewayStats } from './options.js'

/** HTTP requests, by how they ended. */
export interface RequestCounters {
  total: number
  /** Answered 4xx. */
  refused: number
  /** Answered 5xx. */
  failed: number
}

/** The gateway's own metrics, read when they are asked for. */
export function createMetrics(stats: () => GatewayStats, requests: RequestCounters): Registry {
  const registry = new Registry()
  const single = (name: string, help: string, read: () => number): void => {
    const options = {
      name: `packet_logs_gateway_${name}`,
      help,
      registers: [registry],
      collect(this: { reset(): void; inc(by: number): void }): void {
        this.reset()
        this.inc(read())
      }
    }
    if (name.endsWith('_total')) new Counter(options)
    else new Gauge(options)
  }
  const byReader = (name: string, help: string, read: (endpoint: EndpointStats) => number): void => {
    const options = {
      name: `packet_logs_gateway_${name}`,
      help,
      labelNames: ['reader'] as const,
      registers: [registry],
      collect(this: { reset(): void; inc(labels: { reader: string }, by: number): void }): void {
        const { ws, wsEventsAll, wsEvents } = stats()
        this.reset()
        this.inc({ reader: 'ws' }, read(ws))
        this.inc({ reader: 'ws_events_all' }, read(wsEventsAll))
        this.inc({ reader: 'ws_events' }, read(wsEvents))
      }
    }
    if (name.endsWith('_total')) new Counter(options)
    else new Gauge(options)
  }
  byReader('clients', 'WebSocket clients that are logged in, by endpoint.', ({ clients }) => clients)
  byReader('sent_total', 'Frames handed to WebSocket clients.', ({ sent }) => sent)
  byReader('dropped_total', 'Frames and events that slow WebSocket clients lost.', ({ dropped }) => dropped)
  single('pending_sockets', 'WebSockets that have not logged in yet.', () => stats().pending)
  single('auth_failures_total', 'Wrong tokens and passwords.', () => stats().authFailures)
  single(
    'turned_away_total',
    'Requests and logins refused unheard: too many failures or pending.',
    () => stats().turnedAway
  )
  single('requests_total', 'HTTP requests.', () => requests.total)
  single('requests_refused_total', 'HTTP requests answered 4xx.', () => requests.refused)
  single('requests_failed_total', 'HTTP requests answered 5xx.', () => requests.failed)
  return registry
}
