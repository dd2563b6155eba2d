import { isObject } from '../../filter/value.js'
import type { Expression, Segment } from './syntax.js'
import { toBoolean, toNumber } from './values.js'

export type Literal = string | number | boolean

/** What a condition cannot match without: a field of the event that equals one of these values. */
export interface Requirement {
  readonly path: readonly string[]
  readonly values: readonly Literal[]
  /** Whether what is no number may count as equal to these, as `"443"` does to 443. */
  readonly isLoose: boolean
}

/** The fields that a condition's filter on the event asks for by value. */
export function requirementsOf(condition: Expression): Requirement[] {
  if (condition.kind !== 'path') return []
  const [first] = condition.segments
  const [selector, ...others] = first?.selectors ?? []
  if (first?.isDescent === true || others.length > 0 || selector?.kind !== 'filter') return []
  return ofTest(selector.condition)
}

function ofTest(test: Expression): Requirement[] {
  if (test.kind !== 'binary') return []
  const { operator, left, right } = test
  if (operator === '&&') return [...ofTest(left), ...ofTest(right)]
  if (operator === '==') {
    const path = fieldOf(left) ?? fieldOf(right)
    const literal = left.kind === 'literal' ? left : right
    if (path === undefined || literal.kind !== 'literal') return []
    const { value } = literal
    // A number equals what reads as the same number; beside true and false more counts as equal than can be listed.
    const number = toNumber(value)
    if (number !== undefined) return [{ path, values: [number], isLoose: true }]
    return toBoolean(value) === undefined ? [{ path, values: [value], isLoose: false }] : []
  }
  if (operator !== 'in' || right.kind !== 'list') return []
  const path = fieldOf(left)
  const values = right.items.flatMap(item => (item.kind === 'literal' ? [item.value] : []))
  return path === undefined || values.length !== right.items.length ? [] : [{ path, values, isLoose: false }]
}

function fieldOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind !== 'path' || expression.from !== '@' || expression.segments.length === 0) return undefined
  const keys = expression.segments.map(keyOf)
  return keys.every(key => key !== undefined) ? keys : undefined
}

function keyOf({ isDescent, selectors: [selector, ...others] }: Segment): string | undefined {
  return !isDescent && others.length === 0 && selector?.kind === 'key' ? selector.key : undefined
}

/** A field of an event, as a path of keys finds it. */
export function valueAt(event: unknown, path: readonly string[]): unknown {
  let value = event
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}
