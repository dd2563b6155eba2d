import type { Reader, Step } from '../compile.js'
import { Compiler } from '../compile.js'
import { costOf } from '../cost.js'
import type { Expression } from '../expression.js'
import type { Field } from '../fields/field.js'
import type { Candidates } from './candidates.js'
import type { Dimension } from './dimension.js'
import { dimensionOf } from './dimension.js'
import { MostTelling } from './most-telling.js'
import { requirementsOf } from './requirement.js'

/** A checked filter, and how many variables it uses at a time. */
export interface IndexedFilter {
  readonly expression: Expression
  readonly variables: number
}

const NONE: readonly number[] = []

/**
 * Finds those of many filters that match, trying only those whose requirements are met: each is filed under one thing that
 * it cannot match without. A filter that requires nothing that could be looked up is tried every time.
 */
export class FilterIndex<V> {
  readonly #filters: readonly (IndexedFilter | undefined)[]
  readonly #reader: Reader<V>
  /** Compiled when first tried: of ten thousand filters most are tried rarely. */
  readonly #steps: (Step<V> | undefined)[]
  readonly #dimensions: readonly Dimension<V>[]
  /** Filters without a requirement that could be looked up. */
  readonly #others: readonly number[]

  /** @param filters undefined for one that never matches */
  constructor(filters: readonly (IndexedFilter | undefined)[], reader: Reader<V>) {
    this.#filters = filters
    this.#reader = reader
    this.#steps = new Array<Step<V> | undefined>(filters.length).fill(undefined)
    const requirements = filters.map(filter => (filter === undefined ? [] : requirementsOf(filter.expression)))
    const mostTelling = new MostTelling(requirements)
    const dimensions = new Map<Field, Dimension<V>>()
    const others: number[] = []
    for (const [index, filter] of filters.entries()) {
      if (filter === undefined) continue
      const requirement = mostTelling.of(requirements[index] ?? [])
      if (requirement === undefined) {
        others.push(index)
        continue
      }
      const dimension = dimensions.get(requirement.field) ?? dimensionOf(requirement.field, reader)
      dimensions.set(requirement.field, dimension)
      for (const wanted of requirement.wanted) dimension.add(wanted, index)
    }
    for (const dimension of dimensions.values()) dimension.link()
    this.#dimensions = [...dimensions.values()]
    this.#others = others
  }

  /** What the filters that are tried for one packet or event may cost together, if it meets as many requirements as it can. */
  get worstCost(): number {
    const costs = this.#filters.map(filter => (filter === undefined ? 0 : costOf(filter.expression)))
    const sum = (filters: readonly number[]): number => filters.reduce((total, index) => total + (costs[index] ?? 0), 0)
    const known = new Map<Candidates, number>()
    const sumOf = (some: Candidates | undefined): number => {
      let total = 0
      for (let one = some; one !== undefined; one = one.wider) {
        const own = known.get(one) ?? sum(one.filters)
        known.set(one, own)
        total += own
      }
      return total
    }
    return this.#dimensions.reduce((total, dimension) => {
      let most = 0
      for (const some of dimension.candidates()) most = Math.max(most, sumOf(some))
      return total + most
    }, sum(this.#others))
  }

  /** The index of the first filter that matches, or -1. */
  first(view: V): number {
    const none = this.#filters.length
    let first = this.#firstOf(this.#others, view, none)
    for (const dimension of this.#dimensions) {
      for (let some = dimension.find(view); some !== undefined; some = some.wider) {
        first = this.#firstOf(some.filters, view, first)
      }
    }
    return first === none ? -1 : first
  }

  #firstOf(candidates: readonly number[], view: V, limit: number): number {
    for (const index of candidates) {
      if (index >= limit) break
      if (this.#matches(index, view)) return index
    }
    return limit
  }

  /** The indexes of all filters that match, ascending; makes no list when there are none. */
  all(view: V): readonly number[] {
    let found = this.#allOf(this.#others, view, undefined)
    for (const dimension of this.#dimensions) {
      for (let some = dimension.find(view); some !== undefined; some = some.wider) {
        found = this.#allOf(some.filters, view, found)
      }
    }
    if (found === undefined) return NONE
    if (found.length === 1) return found
    // One filter may ask for two networks, one in the other.
    return found.sort((a, b) => a - b).filter((filter, at, sorted) => filter !== sorted[at - 1])
  }

  #allOf(candidates: readonly number[], view: V, found: number[] | undefined): number[] | undefined {
    let all = found
    for (const index of candidates) {
      if (!this.#matches(index, view)) continue
      if (all === undefined) all = [index]
      else all.push(index)
    }
    return all
  }

  #matches(index: number, view: V): boolean {
    const step = this.#steps[index] ?? this.#compile(index)
    return step(view) === true
  }

  #compile(index: number): Step<V> {
    const filter = this.#filters[index]
    const step: Step<V> =
      filter === undefined ? () => false : new Compiler(this.#reader, filter.variables).compile(filter.expression)
    this.#steps[index] = step
    return step
  }
}
