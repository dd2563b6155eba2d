import type { Literal, Requirement } from './jpath/requirement.js'
import { valueAt } from './jpath/requirement.js'

/** Entries filed by the value that one field of the event has to have. */
interface Dimension {
  readonly path: readonly string[]
  readonly byValue: Map<unknown, number[]>
  /** Those whose value others may count as equal to: asked whenever the field is no number. */
  readonly loose: number[]
}

/** Says which of the entries about the same topics an event may satisfy, without trying them one by one. */
export class EntryIndex {
  /** Entries to ask about every event. */
  readonly #always: number[] = []
  readonly #dimensions: Dimension[] = []

  /** @param entries places in the file, in order, and what each cannot be satisfied without */
  constructor(entries: ReadonlyMap<number, readonly Requirement[]>) {
    const counts = new Map<string, number>()
    for (const requirements of entries.values()) {
      for (const key of requirements.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    const dimensions = new Map<string, Dimension>()
    for (const [entry, requirements] of entries) {
      const requirement = rarest(requirements, counts)
      if (requirement === undefined) this.#always.push(entry)
      else this.#file(entry, requirement, dimensions)
    }
    this.#dimensions.push(...dimensions.values())
  }

  #file(entry: number, { path, values, isLoose }: Requirement, dimensions: Map<string, Dimension>): void {
    const name = JSON.stringify(path)
    let dimension = dimensions.get(name)
    if (dimension === undefined) {
      dimension = { path, byValue: new Map(), loose: [] }
      dimensions.set(name, dimension)
    }
    if (isLoose) dimension.loose.push(entry)
    for (const value of new Set<Literal>(values)) {
      const filed = dimension.byValue.get(value)
      if (filed === undefined) dimension.byValue.set(value, [entry])
      else filed.push(entry)
    }
  }

  /** Adds the candidates to a list, in no order, some of them perhaps twice. */
  collect(event: unknown, candidates: number[]): void {
    for (const entry of this.#always) candidates.push(entry)
    for (const { path, byValue, loose } of this.#dimensions) {
      const value = valueAt(event, path)
      if (value === undefined) continue
      for (const entry of byValue.get(value) ?? []) candidates.push(entry)
      if (typeof value !== 'number') for (const entry of loose) candidates.push(entry)
    }
  }
}

function keysOf({ path, values }: Requirement): string[] {
  return values.map(value => JSON.stringify([path, value]))
}

/** The requirement that the fewest other entries have as well. */
function rarest(requirements: readonly Requirement[], counts: ReadonlyMap<string, number>): Requirement | undefined {
  let best: Requirement | undefined
  let fewest = Infinity
  for (const requirement of requirements) {
    const count = keysOf(requirement).reduce((sum, key) => sum + (counts.get(key) ?? 0), 0)
    if (count < fewest) {
      best = requirement
      fewest = count
    }
  }
  return best
}
