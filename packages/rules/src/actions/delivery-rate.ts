const WINDOW_MS = 60_000
/** As many as a definition may allow. */
const MOST_PER_MINUTE = 6000

/** Holds deliveries to so many within any 60 seconds. */
export class DeliveryRate {
  /** When the latest deliveries began, the oldest first. */
  #begun: number[] = []

  /** Milliseconds until another delivery may begin. */
  waitMs(maxPerMinute: number, nowMs: number): number {
    const before = this.#begun[this.#begun.length - maxPerMinute]
    return before === undefined ? 0 : Math.max(0, before + WINDOW_MS - nowMs)
  }

  begin(nowMs: number): void {
    this.#begun.push(nowMs)
    if (this.#begun.length > 2 * MOST_PER_MINUTE) this.#begun = this.#begun.slice(-MOST_PER_MINUTE)
  }
}
