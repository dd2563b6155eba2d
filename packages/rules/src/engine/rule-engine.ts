import type { LoggedPacket, Packet, PayloadPolicy } from '@packet-logs/decoder'
import type { Alerts } from '../alerts/alerts.js'
import type { FilterEvent } from '../filter/fields/event-view.js'
import type { PacketContext } from '../filter/fields/packet-view.js'
import type { Notice, Notifications } from '../notifications/notifications.js'
import type { Rules } from '../rules-file/rule.js'
import type { Alert } from './alert.js'
import type { EngineStats, RuleStats } from './stats.js'

/** Rule files in force, any of them. */
export interface RuleSets {
  readonly notifications?: Notifications
  readonly alerts?: Alerts
  readonly rules?: Rules
}

export interface RuleEngineOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly nowMs?: () => number
  /** Takes what is raised, within the call that raised it. */
  readonly onAlert: (alert: Alert) => void
  /** Takes what `notifications.json` wants sent; its text is made only when this is given. */
  readonly onNotice?: (notice: Notice) => void
  /** Keys remembered per rule, the least recently used forgotten first. Default 10000. */
  readonly maxKeys?: number
  /** Bytes, by estimate, that the rules of `rules.yaml` remember together; the rule with most forgets first. Default 64 MiB. */
  readonly maxBytes?: number
  /** Alerts that one rule of `rules.yaml` raises within a minute; those beyond are counted. Default 10000. */
  readonly maxAlertsPerMinute?: number
  /** How much of what a packet carries stands in the event of an alert of `rules.yaml`. Default `headers`: no bytes of it. */
  readonly payload?: PayloadPolicy
  /**
   * How much of it a packet's event on the bus tells. This is what conditions of `alerts.json` are asked of and its alerts
   * may hold, as in SPR. Default `full`, as the decoder's.
   */
  readonly published?: PayloadPolicy
}

/**
 * Puts packets and events before rules. Synchronous, without timers, and the same for the same input and clock; never
 * throws on what packets and events hold.
 */
export interface RuleEngine {
  /** What is in force. */
  readonly sets: RuleSets
  /** Beginnings of the topics, other than those of packets, that the sets look at; the empty text is every topic. */
  readonly topics: readonly string[]
  /** A decoded packet; the packet's event need not be given as well. */
  packet(logged: LoggedPacket, packet: Packet, context?: PacketContext): void
  /** An event of the bus; a packet's event only where the packet itself was not given. */
  event(event: FilterEvent): void
  /**
   * Raises what has become due, a thousand summaries at most; gives the milliseconds until there is more, 0 when there is
   * at once, undefined when nothing is waiting.
   */
  advance(): number | undefined
  /**
   * Puts sets in force in place of those before. Rules that stay the same keep what they counted and were told.
   * @throws RuleError for rules that did not come from `parseRules` and are none; then the sets before stay in force
   */
  use(sets: RuleSets): void
  /** Of every rule in force, in the order of the files. */
  stats(): RuleStats[]
  readonly totals: EngineStats
  /**
   * Raises nothing of a rule, or of one key of it, before a time; one in the past ends it.
   * @returns false when there is no such rule, or the key is not one of its
   */
  snooze(ruleId: string, untilMs: number, key?: Alert['key']): boolean
}
