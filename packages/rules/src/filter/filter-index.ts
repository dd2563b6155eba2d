import type { Network } from './address.js'
import { Address } from './address.js'
import type { Reader, Step } from './compile.js'
import { Compiler } from './compile.js'
import type { Expression } from './expression.js'
import type { Field } from './fields/field.js'
import type { Value } from './value.js'

/** What a filter cannot match without: one of some values in one field. */
interface Requirement {
  readonly field: Field
  readonly keys: readonly Key[]
}

type Key = string | number

/** The fields that tell filters apart, the most telling first. */
const TELLING = [
  ...['dst.ip', 'src.ip', 'arp.targetIp', 'arp.senderIp', 'dst.mac', 'src.mac', 'dns.name', 'dst.domain', 'src.domain'],
  ...[
    'tls.sni',
    'rule.id',
    'dst.port',
    'src.port',
    'uid',
    'mark',
    'topic',
    'prefix',
    'inDevice',
    'outDevice',
    'protocol'
  ]
]

/** Finds the first of many filters that matches, trying only those whose requirements are met. */
export class FilterIndex<V> {
  readonly #steps: readonly (Step<V> | undefined)[]
  readonly #dimensions: readonly Dimension<V>[]
  /** Filters without a requirement that could be looked up. */
  readonly #others: readonly number[]

  /** @param filters undefined for one that never matches */
  constructor(filters: readonly (IndexedFilter | undefined)[], reader: Reader<V>) {
    const dimensions = new Map<Field, Dimension<V>>()
    const others: number[] = []
    this.#steps = filters.map((filter, index) => {
      if (filter === undefined) return undefined
      const requirement = requirementOf(filter.expression)
      if (requirement === undefined) others.push(index)
      else {
        const { field, keys } = requirement
        const dimension = dimensions.get(field) ?? new Dimension(field, reader)
        dimensions.set(field, dimension)
        for (const key of new Set(keys)) dimension.add(key, index)
      }
      return new Compiler(reader, filter.variables).compile(filter.expression)
    })
    this.#dimensions = [...dimensions.values()]
    this.#others = others
  }

  /** The index of the first filter that matches, or -1. */
  first(view: V): number {
    const none = this.#steps.length
    let first = this.#firstOf(this.#others, view, none)
    for (const dimension of this.#dimensions) {
      const candidates = dimension.candidates(view)
      if (candidates !== undefined) first = this.#firstOf(candidates, view, first)
    }
    return first === none ? -1 : first
  }

  #firstOf(candidates: readonly number[], view: V, limit: number): number {
    for (const index of candidates) {
      if (index >= limit) break
      if (this.#steps[index]?.(view) === true) return index
    }
    return limit
  }
}

/** A checked filter, and how many variables it uses at a time. */
export interface IndexedFilter {
  readonly expression: Expression
  readonly variables: number
}

/** One field, and the filters that require a value of it. */
class Dimension<V> {
  readonly #read: Step<V>
  readonly #filters = new Map<Key, number[]>()

  constructor(field: Field, reader: Reader<V>) {
    this.#read = field.notation === 'ip' ? addressKeys(field, reader) : reader.value(field)
  }

  add(key: Key, index: number): void {
    const filters = this.#filters.get(key)
    if (filters === undefined) this.#filters.set(key, [index])
    else filters.push(index)
  }

  candidates(view: V): readonly number[] | undefined {
    const value = this.#read(view)
    return value === undefined ? undefined : this.#filters.get(value as Key)
  }
}

/** Addresses are looked up as numbers, as they are compared. */
function addressKeys<V>(field: Field, reader: Reader<V>): Step<V> {
  const address = new Address()
  const readAddress = reader.address(field)
  if (readAddress !== undefined)
    return view => (readAddress(view, address) ? addressKey(address.words, address.version) : undefined)
  const readText = reader.value(field)
  return view => {
    const text: Value = readText(view)
    return typeof text === 'string' && address.readText(text) ? addressKey(address.words, address.version) : undefined
  }
}

function addressKey(words: ArrayLike<number>, version: number): Key {
  return version === 4 ? (words[0] ?? 0) : Array.from(words).join()
}

/** The most telling of an expression's requirements. */
function requirementOf(expression: Expression): Requirement | undefined {
  switch (expression.op) {
    case 'and': {
      const requirements = expression.of.flatMap(one => requirementOf(one) ?? [])
      return requirements.sort((one, other) => rank(one) - rank(other))[0]
    }
    case 'or':
      return commonRequirement(expression.of)
    case 'compare': {
      const { comparison, left, right } = expression
      if (comparison !== '==') return undefined
      return equalTo(left, right) ?? equalTo(right, left)
    }
    case 'oneOf':
      return required(expression.of, [...expression.values])
    case 'inNetworks':
      return expression.networks.every(isSingle)
        ? required(
            expression.of,
            expression.networks.map(({ words, version }) => addressKey(words, version))
          )
        : undefined
    default:
      return undefined
  }
}

/** Alternatives have one when all of them require something of the same field. */
function commonRequirement(alternatives: readonly Expression[]): Requirement | undefined {
  const requirements = alternatives.map(requirementOf)
  const field = requirements[0]?.field
  if (field === undefined || requirements.some(one => one?.field !== field)) return undefined
  return { field, keys: requirements.flatMap(one => one?.keys ?? []) }
}

function equalTo(of: Expression, literal: Expression): Requirement | undefined {
  return literal.op === 'literal' && literal.value !== null ? required(of, [literal.value]) : undefined
}

function required(of: Expression, values: readonly (boolean | number | string)[]): Requirement | undefined {
  if (of.op !== 'field' || !TELLING.includes(of.field.name)) return undefined
  return { field: of.field, keys: values.filter(value => typeof value !== 'boolean') }
}

function isSingle({ masks }: Network): boolean {
  return masks.every(mask => mask === 0xffffffff)
}

function rank({ field, keys }: Requirement): number {
  return TELLING.indexOf(field.name) + (keys.length > 8 ? TELLING.length : 0)
}
