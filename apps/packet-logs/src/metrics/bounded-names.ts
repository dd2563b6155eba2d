/** Stands for all that came when there were enough already. */
export const otherName = 'other'

/** Values of a label: as they are, until there are so many that all further ones share one. */
export class BoundedNames {
  readonly #known = new Set<string>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  nameFor(name: string): string {
    if (this.#known.has(name)) return name
    if (this.#known.size >= this.#max) return otherName
    this.#known.add(name)
    return name
  }
}
