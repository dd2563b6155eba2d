import type { Network } from '../address.js'
import type { Expression } from '../expression.js'
import type { Field } from '../fields/field.js'

/** One of the things a field may be for a filter to match at all. */
export type Wanted =
  | { readonly is: 'value'; readonly value: string | number }
  | { readonly is: 'beginning'; readonly text: string }
  | { readonly is: 'network'; readonly network: Network }

/** What a filter cannot match without: one of these in one field. */
export interface Requirement {
  readonly field: Field
  readonly wanted: readonly Wanted[]
}

/** Numbers of a range that are looked up one by one. */
const MAX_RANGE = 64

/** Everything an expression requires; each is enough to find it by. */
export function requirementsOf(expression: Expression): Requirement[] {
  switch (expression.op) {
    case 'and':
      return expression.of.flatMap(requirementsOf)
    case 'or':
      return commonRequirements(expression.of)
    case 'compare': {
      const { comparison, left, right } = expression
      return comparison === '==' ? [...equalTo(left, right), ...equalTo(right, left)] : []
    }
    case 'oneOf':
      return oneOf(expression.of, [...expression.values])
    case 'inNetworks':
      return required(
        expression.of,
        expression.networks.map(network => ({ is: 'network', network }))
      )
    case 'text': {
      const { test, of, wanted } = expression
      if (test !== 'startsWith' || wanted.op !== 'literal') return []
      return required(of, [{ is: 'beginning', text: String(wanted.value) }])
    }
    case 'inRange': {
      const { of, from, to } = expression
      return from.op === 'literal' && to.op === 'literal'
        ? oneOf(of, numbers(Number(from.value), Number(to.value)))
        : []
    }
    default:
      return []
  }
}

/** Alternatives require what all of them require something of. */
function commonRequirements(alternatives: readonly Expression[]): Requirement[] {
  const [first = [], ...others] = alternatives.map(one => {
    // Of the same field one is enough.
    return [...new Map(requirementsOf(one).map(requirement => [requirement.field, requirement])).values()]
  })
  return first.flatMap(({ field, wanted }) => {
    const theirs = others.map(requirements => requirements.find(one => one.field === field))
    if (theirs.includes(undefined)) return []
    return [{ field, wanted: [...wanted, ...theirs.flatMap(one => one?.wanted ?? [])] }]
  })
}

function equalTo(of: Expression, literal: Expression): Requirement[] {
  return literal.op === 'literal' && literal.value !== null ? oneOf(of, [literal.value]) : []
}

function oneOf(of: Expression, values: readonly (boolean | number | string)[] | undefined): Requirement[] {
  if (values === undefined || values.some(value => typeof value === 'boolean')) return []
  return required(
    of,
    values.flatMap(value => (typeof value === 'boolean' ? [] : ({ is: 'value', value } as const)))
  )
}

function numbers(from: number, to: number): number[] | undefined {
  // Fields hold whole numbers from 0 on.
  const [least, most] = [Math.max(0, Math.ceil(from)), Math.floor(to)]
  return most - least < MAX_RANGE
    ? Array.from({ length: Math.max(0, most - least + 1) }, (_, n) => least + n)
    : undefined
}

/** Addresses are looked up by their bits, everything else by its value or text. */
function required(of: Expression, wanted: readonly Wanted[]): Requirement[] {
  if (of.op !== 'field') return []
  const isAddress = of.field.notation === 'ip'
  return wanted.every(one => (one.is === 'network') === isAddress) ? [{ field: of.field, wanted }] : []
}
