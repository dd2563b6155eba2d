import type { ActionDefinition } from './definition.js'

/** What an action does; `unknown` for a name that rules use and nothing defines. */
export type ActionType = ActionDefinition['type'] | 'bus' | 'websocket' | 'unknown'

/** What became of the alerts that were given to an action, since it was first seen. */
export interface ActionStats {
  readonly name: string
  readonly type: ActionType
  /** Where alerts go: scheme, host and port of a URL, or the program; nothing that is a secret. */
  readonly target: string
  readonly delivered: number
  /** Given up, after all attempts. */
  readonly failed: number
  /** Never tried: pushed out of a full queue, left over at the end, or without a definition. */
  readonly dropped: number
  /** Below `minSeverity`. */
  readonly filtered: number
  /** Attempts after the first. */
  readonly retries: number
  /** Alerts that wait, and their bytes. */
  readonly queued: number
  readonly queuedBytes: number
  /** Deliveries under way, those that wait for another attempt among them. */
  readonly active: number
  /** What went wrong last, for people, without secrets; it stays when later deliveries succeed. */
  readonly lastError: string | undefined
  /** Milliseconds since the epoch. */
  readonly lastErrorMs: number | undefined
  readonly lastDeliveredMs: number | undefined
}
