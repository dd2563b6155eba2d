/** How often values were seen. Only so many different ones are told apart; the rest is counted together. */
export class ValueCounts {
  readonly #counts = new Map<string, number>()
  readonly #most: number
  others = 0

  constructor(most: number) {
    this.#most = most
  }

  add(value: string): void {
    const count = this.#counts.get(value)
    if (count !== undefined) this.#counts.set(value, count + 1)
    else if (this.#counts.size < this.#most) this.#counts.set(value, 1)
    else this.others++
  }

  /** The most frequent first. */
  top(number: number): { value: string; count: number }[] {
    const all = [...this.#counts].map(([value, count]) => ({ value, count }))
    return all.sort((one, other) => other.count - one.count).slice(0, number)
  }
}
