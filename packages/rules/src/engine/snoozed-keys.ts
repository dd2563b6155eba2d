import type { KeyName } from './key-name.js'

/** Keys that are kept quiet until a time; bounded, the ones that end first given up first. */
export class SnoozedKeys {
  readonly #until = new Map<KeyName, number>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#until.size
  }

  has(key: KeyName, nowMs: number): boolean {
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (nowMs < until) return true
    this.#until.delete(key)
    return false
  }

  set(key: KeyName, untilMs: number, nowMs: number): void {
    this.#until.delete(key)
    if (untilMs <= nowMs) return
    if (this.#until.size >= this.#most) {
      for (const [other, until] of this.#until) if (until <= nowMs) this.#until.delete(other)
    }
    if (this.#until.size >= this.#most) {
      const [soonest] = [...this.#until].sort(([, one], [, other]) => one - other)
      if (soonest !== undefined) this.#until.delete(soonest[0])
    }
    this.#until.set(key, untilMs)
  }
}
