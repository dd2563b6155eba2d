import type { ActionDefinition } from '../actions/definition.js'
import type { Severity } from '../engine/alert.js'

/** N matches of one key within a time. */
export interface Threshold {
  readonly count: number
  readonly withinMs: number
}

/** N different values of one field, in matches of one key, within a time. */
export interface Distinct {
  /** Name of a field, or a path into an event: `event.user`. */
  readonly field: string
  readonly count: number
  readonly withinMs: number
}

/** A rule of `rules.yaml`, read and with its defaults in place. */
export interface Rule {
  /** Unique among the rules of a file. */
  readonly id: string
  /** A filter. */
  readonly when: string
  /** Beginnings of the topics it looks at; `nft:` has every packet, the empty text everything. */
  readonly topics: readonly string[]
  /** Fields whose values together are the key: matches of one key are counted, and kept quiet, by themselves. */
  readonly by: readonly string[]
  readonly threshold?: Threshold
  readonly distinct?: Distinct
  /** After an alert, for how long there is no other of the same key. */
  readonly cooldownMs?: number
  /** The first match of a key is told at once; what follows is summed up once per this time. */
  readonly aggregateMs?: number
  /** Nothing is raised before, in milliseconds since the epoch. */
  readonly snoozeUntilMs?: number
  readonly severity: Severity
  /** Templates: `{{src.ip}}`. */
  readonly title: string
  readonly message: string
  /** Last part of the alert's topic. */
  readonly suffix: string
  /** Names of the actions its alerts go to. */
  readonly actions: readonly string[]
  /** Counts what it would have raised, and raises nothing. */
  readonly dryRun: boolean
  readonly enabled: boolean
}

/** A `rules.yaml` that was read. */
export interface Rules {
  readonly rules: readonly Rule[]
  /** By name; `bus` and `websocket` are there without definition. */
  readonly actions: Readonly<Record<string, ActionDefinition>>
}
