import type { BusEvent, BusPosition } from '@packet-logs/bus'

/** Which of the events that passed are wanted. */
export interface RecentQuery {
  /** Topic prefixes, any of which is wanted; `''` means every topic. */
  readonly prefixes: readonly string[]
  /** Token wildcards, any of which must match, too. */
  readonly match?: readonly string[]
  /** A filter that they must pass. */
  readonly filter?: string
  /** Only what came at this time or later, in milliseconds since the epoch; events that do not tell theirs are left out. */
  readonly sinceMs?: number
  /** Only what came after this place: the oldest `limit` of it, so that one page follows the other. Else the newest. */
  readonly since?: BusPosition
  readonly limit: number
  /** Gives up. */
  readonly signal?: AbortSignal
}

/** Some of the events that passed, and how many there were to choose from. */
export interface RecentPage {
  /** The oldest first, numbered where the bus numbers them. */
  readonly events: readonly BusEvent[]
  /** How many with such a topic were looked at. */
  readonly seen: number
  /** How many of those passed the filter. */
  readonly matched: number
  /** How many were lost on their way here, as far as anybody knows; `null` when nobody does. */
  readonly lost: number | null
  /** Whether there may be more: older ones, or for a query with `since` newer ones. */
  readonly more: boolean
  /** Where to go on: what comes after this place was not looked at. */
  readonly position: BusPosition
}

/** What can tell of events that passed. */
export interface RecentEvents {
  /**
   * @throws RuleError for a filter that cannot be; TypeError for such a pattern; GatewayError `GATEWAY_NO_REPLAY` when the bus
   * keeps nothing, `GATEWAY_BUS_SILENT` when it does not answer; `signal.reason`
   */
  read(query: RecentQuery): Promise<RecentPage>
}
