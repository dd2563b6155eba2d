/** What was counted when a limit was reached. */
export interface Reached {
  readonly count: number
  /** By the clock that durations are measured by. */
  readonly firstMs: number
  /** The different values, of a window that counts those. */
  readonly values?: readonly string[]
}

/** Counts the matches of one key within a time that moves along with them. */
export interface Window {
  /** About what it remembers takes. */
  readonly bytes: number
  /** How far the key has come towards the limit, as of the last match. */
  readonly level: number
  /**
   * @param value of the field whose different values are counted
   * @returns what there was when this match reached the limit; then it counts anew
   */
  add(nowMs: number, value: string): Reached | undefined
}

const TIME_BYTES = 16

/** So many matches. It remembers the time of each, and so is exact; there are never more than the limit. */
export class MatchWindow implements Window {
  readonly #count: number
  readonly #withinMs: number
  #times: number[] = []
  /** Where in the list the first is that is not too old. */
  #start = 0

  constructor(count: number, withinMs: number) {
    this.#count = count
    this.#withinMs = withinMs
  }

  get bytes(): number {
    return this.#times.length * TIME_BYTES
  }

  get level(): number {
    return this.#times.length - this.#start
  }

  add(nowMs: number): Reached | undefined {
    const times = this.#times
    const oldest = nowMs - this.#withinMs
    while (this.#start < times.length && (times[this.#start] ?? 0) <= oldest) this.#start++
    if (this.#start * 2 > times.length) {
      times.splice(0, this.#start)
      this.#start = 0
    }
    times.push(nowMs)
    const count = times.length - this.#start
    if (count < this.#count) return undefined
    const firstMs = times[this.#start] ?? nowMs
    this.#times = []
    this.#start = 0
    return { count, firstMs }
  }
}

interface SeenValue {
  readonly firstMs: number
  matches: number
  lastMs: number
}

const VALUE_BYTES = 160
const CHARACTER_BYTES = 2

function bytesOf(value: string): number {
  return VALUE_BYTES + value.length * CHARACTER_BYTES
}

/** So many different values: of each, when it came last. There are never more than the limit. */
export class DistinctWindow implements Window {
  readonly #count: number
  readonly #withinMs: number
  /** In the order of their last match. */
  readonly #values = new Map<string, SeenValue>()
  #bytes = 0

  constructor(count: number, withinMs: number) {
    this.#count = count
    this.#withinMs = withinMs
  }

  get bytes(): number {
    return this.#bytes
  }

  get level(): number {
    return this.#values.size
  }

  add(nowMs: number, value: string): Reached | undefined {
    const values = this.#values
    this.#forgetUntil(nowMs - this.#withinMs)
    const seen = values.get(value)
    if (seen === undefined) {
      values.set(value, { firstMs: nowMs, matches: 1, lastMs: nowMs })
      this.#bytes += bytesOf(value)
    } else {
      seen.matches++
      seen.lastMs = nowMs
      values.delete(value)
      values.set(value, seen)
    }
    return values.size < this.#count ? undefined : this.#reached(nowMs)
  }

  #forgetUntil(oldestMs: number): void {
    for (const [value, { lastMs }] of this.#values) {
      if (lastMs > oldestMs) break
      this.#values.delete(value)
      this.#bytes -= bytesOf(value)
    }
  }

  #reached(nowMs: number): Reached {
    let count = 0
    let firstMs = nowMs
    for (const seen of this.#values.values()) {
      count += seen.matches
      firstMs = Math.min(firstMs, seen.firstMs)
    }
    const reached = { count, firstMs, values: [...this.#values.keys()] }
    this.#values.clear()
    this.#bytes = 0
    return reached
  }
}
