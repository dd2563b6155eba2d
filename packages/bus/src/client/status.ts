import type { BusError } from '../errors.js'
import type { Gap } from '../gap.js'
import { StatusFeed } from '../status-feed.js'

/** Which of a client's connections a status is about: the one it publishes on, or that of a subscribed prefix. */
export type BusConnection = { use: 'publish' } | { use: 'subscribe'; prefix: string }

/** What happens to a client, as it happens. */
export type BusStatus =
  /** A connection stands (again). */
  | ({ type: 'connected' } & BusConnection)
  /** A connection ended; `error` says why, unless the bus just closed it. */
  | ({ type: 'disconnected'; error?: unknown } & BusConnection)
  /** The next attempt to connect, the `attempt`th in a row, is in `delayMs`. */
  | ({ type: 'reconnecting'; attempt: number; delayMs: number; error: BusError } & BusConnection)
  /** Events were lost on this side: `count` since the last such status. */
  | ({ type: 'dropped'; count: number } & BusConnection)
  /** Events are missing in a subscription for another reason: lost on the bus's side or before it, or while the bus was away. */
  | { type: 'gap'; gap: Gap; use: 'subscribe'; prefix: string }
  /** The bus refused a line, and says why. */
  | { type: 'refused'; reason: string }
  /** The client was closed; nothing follows. */
  | { type: 'closed' }

/** What clients tell of themselves. */
export type BusStatusFeed = StatusFeed<BusStatus>

export function createStatusFeed(): BusStatusFeed {
  return new StatusFeed<BusStatus>({
    isLast: status => status.type === 'closed',
    merge: (last, next) =>
      last.type === 'dropped' && next.type === 'dropped' && sameConnection(last, next)
        ? { ...next, count: last.count + next.count }
        : undefined
  })
}

function sameConnection(a: BusConnection, b: BusConnection): boolean {
  if (a.use === 'publish' || b.use === 'publish') return a.use === b.use
  return a.prefix === b.prefix
}
