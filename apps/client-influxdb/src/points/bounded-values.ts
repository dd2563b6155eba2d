/** What a tag says of a value beyond its bound. */
export const OTHER = 'other'

/** Lets the first values of a tag through and calls the rest `other`: whoever publishes cannot fill the database's index. */
export class BoundedValues {
  readonly #max: number
  readonly #seen = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  admit(value: string): string {
    if (this.#seen.has(value)) return value
    if (this.#seen.size >= this.#max) return OTHER
    this.#seen.add(value)
    return value
  }
}
