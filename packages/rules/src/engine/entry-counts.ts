/** What became of one entry of a list that is told by its place. */
export class EntryCount {
  hits = 0
  alerts = 0
  /** Conditions that would have had to look at too much. */
  failures = 0
  /** Alerts that a snooze held back. */
  snoozed = 0
  lastHitMs: number | undefined
}

/** Counts of a list of entries, in its order; an entry that stands in the next list too takes its count along. */
export class EntryCounts<Entry> {
  readonly #entries: readonly Entry[]
  readonly #counts: readonly EntryCount[]

  constructor(entries: readonly Entry[], before: EntryCounts<Entry> | undefined) {
    this.#entries = entries
    const known = before === undefined ? undefined : before.#byDefinition()
    this.#counts = entries.map(entry => known?.get(JSON.stringify(entry))?.shift() ?? new EntryCount())
  }

  #byDefinition(): Map<string, EntryCount[]> {
    const counts = new Map<string, EntryCount[]>()
    for (const [index, entry] of this.#entries.entries()) {
      const definition = JSON.stringify(entry)
      const same = counts.get(definition) ?? []
      same.push(this.at(index))
      counts.set(definition, same)
    }
    return counts
  }

  at(index: number): EntryCount {
    return this.#counts[index] ?? new EntryCount()
  }
}
