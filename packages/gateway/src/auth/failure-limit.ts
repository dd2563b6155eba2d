import type { Source } from './source.js'

/** Sources remembered; beyond them the one whose last failure is longest ago is forgotten. */
const MAX_SOURCES = 4096
/** Only failures that were under way together can add up to so much. */
const MAX_WAIT_MS = 600_000

/** Counts failures by source. A source has `burst` of them, and gets one back every `refillMs`. */
export class FailureLimit {
  readonly #burst: number
  readonly #refillMs: number
  readonly #nowMs: () => number
  /** When each source will have all of its failures back, the longest quiet one first. */
  readonly #paidOffMs = new Map<Source, number>()

  constructor(burst: number, refillMs: number, nowMs: () => number = () => performance.now()) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#nowMs = nowMs
  }

  /** Milliseconds until a source may try again; 0: now. */
  waitMs(source: Source): number {
    const paidOffMs = this.#paidOffMs.get(source)
    if (paidOffMs === undefined) return 0
    const nowMs = this.#nowMs()
    if (paidOffMs <= nowMs) {
      this.#paidOffMs.delete(source)
      return 0
    }
    return Math.max(0, paidOffMs - nowMs - (this.#burst - 1) * this.#refillMs)
  }

  /** How many times a source that need not wait may fail until it has to. */
  left(source: Source): number {
    const debtMs = Math.max(0, (this.#paidOffMs.get(source) ?? 0) - this.#nowMs())
    return Math.max(1, this.#burst - Math.ceil(debtMs / this.#refillMs))
  }

  fail(source: Source): void {
    const nowMs = this.#nowMs()
    const paidOffMs = Math.max(nowMs, this.#paidOffMs.get(source) ?? 0) + this.#refillMs
    const longestMs = nowMs + (this.#burst - 1) * this.#refillMs + MAX_WAIT_MS
    // Taken out first: a map keeps the place of a key it has.
    this.#paidOffMs.delete(source)
    this.#paidOffMs.set(source, Math.min(paidOffMs, longestMs))
    if (this.#paidOffMs.size <= MAX_SOURCES) return
    for (const longestQuiet of this.#paidOffMs.keys()) {
      this.#paidOffMs.delete(longestQuiet)
      break
    }
  }
}
