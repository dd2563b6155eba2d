import { OTHER } from './bounded-values.js'

/** Values are counted in a table this many times longer than the list of the busiest. */
const COUNTED = 8
/** How often the list changes, and how much of it: so many new series at most, an hour or a year long. */
const RENEW_MS = 600_000
const RENEWED_SHARE = 0.1

/** Names the K busiest values, and calls all others `other`. The list fills at once, then changes slowly. */
export class TopValues {
  readonly #max: number
  readonly #now: () => number
  readonly #named = new Set<string>()
  #counts = new Map<string, number>()
  #renewedMs: number

  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
    this.#renewedMs = now()
  }

  admit(value: string): string {
    this.#count(value)
    if (this.#now() - this.#renewedMs >= RENEW_MS) this.#renew()
    if (this.#named.has(value)) return value
    if (this.#named.size >= this.#max) return OTHER
    this.#named.add(value)
    return value
  }

  #count(value: string): void {
    const count = this.#counts.get(value)
    if (count !== undefined) this.#counts.set(value, count + 1)
    else if (this.#counts.size < this.#max * COUNTED) this.#counts.set(value, 1)
    else this.#forget()
  }

  /** A full table loses one of each count, and those that have none left: what is busy stays (Misra and Gries). */
  #forget(): void {
    for (const [value, count] of this.#counts) {
      if (count > 1) this.#counts.set(value, count - 1)
      else this.#counts.delete(value)
    }
  }

  #renew(): void {
    this.#renewedMs = this.#now()
    const countOf = (value: string): number => this.#counts.get(value) ?? 0
    const rising = [...this.#counts.keys()].filter(value => !this.#named.has(value))
    rising.sort((a, b) => countOf(b) - countOf(a))
    const falling = [...this.#named].sort((a, b) => countOf(a) - countOf(b))
    for (let index = 0; index < Math.max(1, Math.floor(this.#max * RENEWED_SHARE)); index += 1) {
      const [up, down] = [rising[index], falling[index]]
      if (up === undefined || down === undefined || countOf(up) <= 2 * countOf(down)) break
      this.#named.delete(down)
      this.#named.add(up)
    }
    // What was long ago counts less.
    this.#counts = new Map([...this.#counts].map(([value, count]) => [value, Math.ceil(count / 2)]))
  }
}
