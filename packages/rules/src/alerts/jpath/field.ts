import type { JSONPathQuery } from 'json-p3'
import { jsonpath, Nothing } from 'json-p3'
import { isObject } from '../../filter/value.js'

const { RelativeQuery } = jsonpath.expressions
const { NameSelector } = jsonpath.selectors

/**
 * A path of keys from the value at hand, as an argument that stands for one value. The library makes a list of nodes with
 * their places for it, of which nothing is needed here but the value: this takes a tenth of the time.
 */
export class FieldExpression extends jsonpath.expressions.FilterExpression {
  readonly #keys: readonly string[]
  readonly #query: jsonpath.expressions.FilterExpression

  /** The path, when it is one that can be had this way. */
  static of(expression: jsonpath.expressions.FilterExpression): FieldExpression | undefined {
    if (!(expression instanceof RelativeQuery)) return undefined
    const keys = keysOf(expression.path)
    return keys === undefined ? undefined : new FieldExpression(expression, keys)
  }

  private constructor(query: jsonpath.expressions.FilterExpression, keys: readonly string[]) {
    super(query.token)
    this.#query = query
    this.#keys = keys
  }

  evaluate({ currentValue }: jsonpath.FilterContext): unknown {
    let value: unknown = currentValue
    for (const key of this.#keys) {
      if (!isObject(value) || !Object.hasOwn(value, key)) return Nothing
      value = value[key]
    }
    return value
  }

  toString(): string {
    return this.#query.toString()
  }
}

function keysOf(path: JSONPathQuery): readonly string[] | undefined {
  if (!path.singularQuery()) return undefined
  const keys = path.segments.map(({ selectors: [selector] }) =>
    selector instanceof NameSelector ? selector.name : undefined
  )
  return keys.every(key => key !== undefined) ? keys : undefined
}
