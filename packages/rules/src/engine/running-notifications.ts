import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { EventView, FilterEvent } from '../filter/fields/event-view.js'
import type { PacketContext } from '../filter/fields/packet-view.js'
import type { NotificationEntry } from '../notifications/entry.js'
import type { Notice, Notifications } from '../notifications/notifications.js'
import { EntryCounts } from './entry-counts.js'
import type { RuleStats } from './stats.js'

/** A `notifications.json` in force, and what its entries counted. */
export class RunningNotifications {
  readonly notifications: Notifications
  /** Of each entry the packets it was the first to match. */
  readonly #counts: EntryCounts<NotificationEntry>
  readonly #isHeard: boolean

  /** @param isHeard whether anybody takes notices */
  constructor(notifications: Notifications, isHeard: boolean, before: RunningNotifications | undefined) {
    this.notifications = notifications
    this.#isHeard = isHeard
    this.#counts = new EntryCounts(notifications.entries, before === undefined ? undefined : before.#counts)
  }

  /** @returns the notice, if there is one and somebody takes it */
  packet(
    logged: LoggedPacket,
    packet: Packet,
    context: PacketContext | undefined,
    nowMs: () => number
  ): Notice | undefined {
    const match = this.notifications.matchPacket(logged, packet, context)
    if (match >= 0) this.#hit(match, nowMs())
    else if (!this.notifications.notifyAll) return undefined
    return this.#isHeard ? this.notifications.noticeOfPacket(logged, packet, context, match) : undefined
  }

  event(event: FilterEvent, view: EventView, nowMs: () => number): Notice | undefined {
    const match = this.notifications.matchEvent(event, view)
    if (match >= 0) this.#hit(match, nowMs())
    return this.#isHeard ? this.notifications.noticeOf(event, match, view) : undefined
  }

  #hit(match: number, nowMs: number): void {
    const count = this.#counts.at(match)
    count.hits++
    count.lastHitMs = nowMs
    if (this.#isHeard) count.alerts++
  }

  stats(): RuleStats[] {
    return this.notifications.entries.map((_, index) => {
      const { hits, alerts, lastHitMs } = this.#counts.at(index)
      return {
        source: 'notifications',
        id: String(index),
        hits,
        alerts,
        suppressed: { cooldown: 0, aggregate: 0, snooze: 0, flood: 0, dryRun: 0 },
        ...(lastHitMs === undefined ? {} : { lastHitMs }),
        keys: 0,
        keysEvicted: 0
      }
    })
  }
}
