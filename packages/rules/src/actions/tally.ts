import type { ActionStats, ActionType } from './stats.js'

/** Counts what becomes of the alerts of one action. Outlives its definitions: a counter never goes back. */
export class Tally {
  delivered = 0
  failed = 0
  dropped = 0
  filtered = 0
  retries = 0
  #lastError: string | undefined
  #lastErrorMs: number | undefined
  #lastDeliveredMs: number | undefined
  readonly #epochMs: () => number

  constructor(epochMs: () => number) {
    this.#epochMs = epochMs
  }

  countDelivered(): void {
    this.delivered += 1
    this.#lastDeliveredMs = this.#epochMs()
  }

  /** Notes what went wrong; what it means for alerts is counted beside. */
  noteError(reason: string): void {
    this.#lastError = reason
    this.#lastErrorMs = this.#epochMs()
  }

  toStats(
    name: string,
    type: ActionType,
    target: string,
    held: { queued: number; queuedBytes: number; active: number } = { queued: 0, queuedBytes: 0, active: 0 }
  ): ActionStats {
    const { delivered, failed, dropped, filtered, retries } = this
    const last = { lastError: this.#lastError, lastErrorMs: this.#lastErrorMs, lastDeliveredMs: this.#lastDeliveredMs }
    return { name, type, target, delivered, failed, dropped, filtered, retries, ...held, ...last }
  }
}
