import type { Network } from './address.js'
import { Address, isInNetwork } from './address.js'
import type { Expression } from './expression.js'
import { lowerAscii } from './fields/define.js'
import type { Field } from './fields/field.js'
import { MAX_EVENT_ITEMS, MAX_LIST_ITEMS, MAX_MATCHED_CHARACTERS, MAX_TEXT_CHARACTERS } from './limits.js'
import { arithmetic, compareValues, isIn, testText, toInt, toText } from './operations.js'
import type { Value } from './value.js'
import { isObject } from './value.js'

/** A step of a filter, over a view of what is filtered. `undefined`: a field was absent, or the step failed. */
export type Step<V> = (view: V) => Value

/** How the fields of one kind of view are read. */
export interface Reader<V> {
  value(field: Field): Step<V>
  address(field: Field): ((view: V, into: Address) => boolean) | undefined
  readonly event: Step<V>
}

/**
 * Turns a checked expression into nested functions. They make no objects of their own, throw nothing, and are not
 * re-entrant: each program has one place for the address and the list items it is looking at.
 */
export class Compiler<V> {
  readonly #reader: Reader<V>
  readonly #variables: Value[]
  readonly #address = new Address()

  constructor(reader: Reader<V>, variables: number) {
    this.#reader = reader
    this.#variables = new Array<Value>(variables).fill(undefined)
  }

  compile(expression: Expression): Step<V> {
    switch (expression.op) {
      case 'literal': {
        const { value } = expression
        return () => value
      }
      case 'field':
        return this.#reader.value(expression.field)
      case 'event':
        return this.#reader.event
      case 'variable': {
        const { slot } = expression
        return () => this.#variables[slot]
      }
      case 'select': {
        const { key } = expression
        const from = this.compile(expression.from)
        return view => member(from(view), key)
      }
      case 'index':
        return this.#index(expression)
      case 'list': {
        const items = expression.items.map(item => this.compile(item))
        return view => {
          const values: Value[] = []
          for (const item of items) {
            const value = item(view)
            if (value === undefined) return undefined
            values.push(value)
          }
          return values
        }
      }
      case 'has': {
        const of = this.compile(expression.of)
        return view => of(view) !== undefined
      }
      case 'not': {
        const of = this.compile(expression.of)
        return view => {
          const value = of(view)
          return typeof value === 'boolean' ? !value : undefined
        }
      }
      case 'negate': {
        const of = this.compile(expression.of)
        return view => {
          const value = of(view)
          return typeof value === 'number' ? -value : undefined
        }
      }
      case 'and':
      case 'or':
        return this.#logic(
          expression.of.map(one => this.compile(one)),
          expression.op === 'or'
        )
      case 'choose': {
        const condition = this.compile(expression.condition)
        const yes = this.compile(expression.yes)
        const no = this.compile(expression.no)
        return view => {
          const value = condition(view)
          if (value === true) return yes(view)
          return value === false ? no(view) : undefined
        }
      }
      case 'compare':
        return this.#compare(expression)
      case 'arithmetic': {
        const { operator, type } = expression
        const left = this.compile(expression.left)
        const right = this.compile(expression.right)
        return view => arithmetic(operator, type, left(view), right(view))
      }
      case 'oneOf': {
        const { values } = expression
        const of = this.compile(expression.of)
        return view => {
          const value = of(view)
          return value === undefined ? undefined : values.has(value as string)
        }
      }
      case 'in': {
        const item = this.compile(expression.item)
        const list = this.compile(expression.list)
        return view => isIn(item(view), list(view))
      }
      case 'inNetworks':
        return this.#inNetworks(expression.of, expression.networks)
      case 'inRange': {
        const of = this.compile(expression.of)
        const from = this.compile(expression.from)
        const to = this.compile(expression.to)
        return view => {
          const value = of(view)
          const low = from(view)
          const high = to(view)
          if (typeof value !== 'number' || typeof low !== 'number' || typeof high !== 'number') return undefined
          return value >= low && value <= high
        }
      }
      case 'text': {
        const { test } = expression
        const of = this.compile(expression.of)
        const wanted = this.compile(expression.wanted)
        return view => testText(test, of(view), wanted(view))
      }
      case 'matches': {
        const { pattern } = expression
        const of = this.compile(expression.of)
        return view => {
          const value = of(view)
          return typeof value === 'string' && value.length <= MAX_MATCHED_CHARACTERS ? pattern.find(value) : undefined
        }
      }
      case 'convert':
        return this.#convert(expression)
      case 'quantify':
        return this.#quantify(expression)
    }
  }

  /** CEL's logic: one side decides whatever the other is, also when that is absent. */
  #logic(steps: readonly Step<V>[], decisive: boolean): Step<V> {
    const [first, second] = steps
    if (steps.length === 2 && first !== undefined && second !== undefined) {
      return view => {
        const left = first(view)
        if (left === decisive) return decisive
        const right = second(view)
        if (right === decisive) return decisive
        return typeof left === 'boolean' && typeof right === 'boolean' ? !decisive : undefined
      }
    }
    return view => {
      let isKnown = true
      for (const step of steps) {
        const value = step(view)
        if (value === decisive) return decisive
        if (typeof value !== 'boolean') isKnown = false
      }
      return isKnown ? !decisive : undefined
    }
  }

  #compare({ comparison, left: a, right: b }: Expression & { op: 'compare' }): Step<V> {
    const left = this.compile(a)
    const isSame = a.type === b.type && (a.type === 'int' || a.type === 'string' || a.type === 'bool')
    if (isSame && b.op === 'literal' && (comparison === '==' || comparison === '!=')) {
      const { value: wanted } = b
      const whenEqual = comparison === '=='
      return view => {
        const value = left(view)
        return value === undefined ? undefined : (value === wanted) === whenEqual
      }
    }
    const right = this.compile(b)
    return view => compareValues(comparison, left(view), right(view))
  }

  #inNetworks(of: Expression, networks: readonly Network[]): Step<V> {
    const address = this.#address
    const readAddress = of.op === 'field' ? this.#reader.address(of.field) : undefined
    const [only] = networks
    if (readAddress !== undefined && only !== undefined && networks.length === 1) {
      return view => (readAddress(view, address) ? isInNetwork(address, only) : undefined)
    }
    const text = this.compile(of)
    const read =
      readAddress ??
      ((view: V, into: Address): boolean => {
        const value = text(view)
        return typeof value === 'string' && into.readText(value)
      })
    return view => {
      if (!read(view, address)) return undefined
      for (const network of networks) {
        if (isInNetwork(address, network)) return true
      }
      return false
    }
  }

  #index(expression: Expression & { op: 'index' }): Step<V> {
    const from = this.compile(expression.from)
    const index = this.compile(expression.index)
    return view => {
      const value = from(view)
      const at = index(view)
      if (Array.isArray(value)) return typeof at === 'number' ? (value as readonly Value[])[at] : undefined
      return typeof at === 'string' ? member(value, at) : undefined
    }
  }

  #convert({ conversion, of }: Expression & { op: 'convert' }): Step<V> {
    const step = this.compile(of)
    switch (conversion) {
      case 'int':
        return view => toInt(step(view))
      case 'string':
        return view => toText(step(view))
      case 'lowerAscii':
        return view => {
          const value = step(view)
          return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS ? lowerAscii(value) : undefined
        }
      case 'size':
        return view => sizeOf(step(view))
    }
  }

  #quantify({ quantifier, list, slot, body }: Expression & { op: 'quantify' }): Step<V> {
    const items = this.compile(list)
    const condition = this.compile(body)
    const variables = this.#variables
    const most = list.op === 'list' ? MAX_LIST_ITEMS : MAX_EVENT_ITEMS
    return view => {
      const values = items(view)
      if (!Array.isArray(values) || values.length > most) return undefined
      let isKnown = true
      let found = 0
      for (const value of values as readonly Value[]) {
        variables[slot] = value
        const holds = condition(view)
        if (holds === true) {
          found++
          if (quantifier === 'exists') return true
        } else if (holds === false) {
          if (quantifier === 'all') return false
        } else {
          isKnown = false
        }
      }
      if (!isKnown) return undefined
      return quantifier === 'exists_one' ? found === 1 : quantifier === 'all'
    }
  }
}

function member(value: Value, key: string): Value {
  return isObject(value) && Object.hasOwn(value, key) ? (value[key] as Value) : undefined
}

function sizeOf(value: Value): number | undefined {
  if (Array.isArray(value)) return value.length
  if (typeof value !== 'string' || value.length > MAX_TEXT_CHARACTERS) return undefined
  let size = 0
  for (const _character of value) size++
  return size
}
