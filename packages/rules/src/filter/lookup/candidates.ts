/** Filters that ask for the same of one field. */
export interface Candidates {
  /** Their places among all filters, ascending. */
  readonly filters: number[]
  /** Those that are content with less: shorter networks, shorter beginnings. */
  wider: Candidates | undefined
}

export function addTo<K>(candidates: Map<K, Candidates>, key: K, filter: number): void {
  const known = candidates.get(key)
  if (known === undefined) candidates.set(key, { filters: [filter], wider: undefined })
  else known.filters.push(filter)
}
