/** A point in time, by two clocks. */
export interface Moment {
  /** Milliseconds since the epoch, as people are told. */
  readonly wallMs: number
  /** Milliseconds that only ever grow: what durations are measured by. */
  readonly elapsedMs: number
}

/** Measures durations by a clock that may be set: set back, it takes no time away; time goes on from where it was. */
export class EngineClock {
  readonly #nowMs: () => number
  #lastMs = Number.NEGATIVE_INFINITY
  #setBackMs = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  now(): Moment {
    const wallMs = this.#nowMs()
    if (wallMs < this.#lastMs) this.#setBackMs += this.#lastMs - wallMs
    this.#lastMs = wallMs
    return { wallMs, elapsedMs: wallMs + this.#setBackMs }
  }
}
