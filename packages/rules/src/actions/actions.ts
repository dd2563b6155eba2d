import type { Alert } from '../engine/alert.js'
import type { Notice } from '../notifications/notifications.js'
import type { ActionDefinition } from './definition.js'
import type { ActionStats } from './stats.js'

/** An alert that did not arrive. */
export interface ActionFailure {
  /** The action's name. */
  readonly action: string
  /** Why, for people, without secrets. */
  readonly reason: string
  readonly alert: Alert
}

/** What actions need from the program they run in. */
export interface ActionsOptions {
  /** Takes an alert for the bus: `bus.publishText`. */
  readonly publish: (topic: string, value: string) => void
  /** Takes an alert for those who watch: `gateway.notify`. Default: the action `websocket` drops, counted. */
  readonly notify?: ((notice: Notice) => void) | undefined
  /** Told of each alert that an action gave up. What it throws is passed over. */
  readonly onFailure?: ((failure: ActionFailure) => void) | undefined
  /** Milliseconds that the end leaves for what is queued, default 5,000. */
  readonly drainMs?: number | undefined
}

/** Brings alerts to where rules send them, each way on its own: none waits for another, and the caller for none. */
export interface Actions extends AsyncDisposable {
  /** Hands an alert to the actions that it names. Never throws, never waits. */
  deliver(alert: Alert): void
  /**
   * Puts definitions in force, in place of those before. An action that keeps its name keeps its counters and what it has
   * queued, whatever else changes; what a removed one has queued is dropped, counted.
   * @throws TypeError that names the field, for a definition that is none; then nothing has changed
   */
  define(definitions: Readonly<Record<string, ActionDefinition>>): void
  /** Of `bus`, `websocket`, every action defined, and up to 100 names that are not. */
  stats(): ActionStats[]
  /** Gives what is queued `drainMs` to arrive, then drops the rest, counted. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>
}
