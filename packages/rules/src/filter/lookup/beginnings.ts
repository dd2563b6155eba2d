import type { Candidates } from './candidates.js'
import { addTo } from './candidates.js'

const MAX_REMEMBERED = 1024
const MAX_REMEMBERED_CHARACTERS = 256

/** What texts may begin with, the longest match first. Topics and devices come again and again: what was found is remembered. */
export class Beginnings {
  readonly #candidates = new Map<string, Candidates>()
  readonly #remembered = new Map<string, Candidates | undefined>()
  /** The longest first. */
  #lengths: readonly number[] = []

  add(beginning: string, filter: number): void {
    addTo(this.#candidates, beginning, filter)
  }

  /** Lets each lead to the next shorter one; to be called when all were added. */
  link(): void {
    this.#lengths = [...new Set([...this.#candidates.keys()].map(({ length }) => length))].sort((a, b) => b - a)
    for (const [beginning, candidates] of this.#candidates) {
      candidates.wider = this.#longest(beginning, beginning.length - 1)
    }
  }

  candidates(): Iterable<Candidates> {
    return this.#candidates.values()
  }

  find(text: string): Candidates | undefined {
    const known = this.#remembered.get(text)
    if (known !== undefined || this.#remembered.has(text)) return known
    const found = this.#longest(text, text.length)
    if (text.length <= MAX_REMEMBERED_CHARACTERS) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
      this.#remembered.set(text, found)
    }
    return found
  }

  #longest(text: string, most: number): Candidates | undefined {
    for (const length of this.#lengths) {
      const found = length <= most ? this.#candidates.get(text.slice(0, length)) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
}
