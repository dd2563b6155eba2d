import type { FilterFunction } from 'json-p3'
import { FunctionExpressionType, JSONPathNodeList, Nothing } from 'json-p3'
import { MAX_LIST_ITEMS } from '../../filter/limits.js'
import { isObject } from '../../filter/value.js'
import type { Budget } from './budget.js'
import type { BinaryOperator } from './syntax.js'
import { PRECEDENCE } from './syntax.js'
import { isSame, operate, toBoolean, toNumber } from './values.js'

const { ValueType, LogicalType, NodesType } = FunctionExpressionType

/** gval's error is RFC 9535's Nothing: both end a comparison without a result. */
function orNothing(value: unknown): unknown {
  return value === undefined ? Nothing : value
}

/** A function of values that is not asked when one of them is missing, and that pays for lists and objects. */
export function ofValues(budget: Budget, count: number, call: (...values: unknown[]) => unknown): FilterFunction {
  return {
    argTypes: Array.from({ length: count }, () => ValueType),
    returnType: ValueType,
    call(...values) {
      for (const value of values) {
        if (value === Nothing) return Nothing
        if (typeof value === 'object' && value !== null) budget.spendOnAll(value)
      }
      return orNothing(call(...values))
    }
  }
}

/** Names of the functions that stand for operators. */
export const OPERATOR_FUNCTIONS: Readonly<Partial<Record<BinaryOperator, string>>> = Object.fromEntries(
  Object.keys(PRECEDENCE)
    .filter(operator => operator !== '=~' && operator !== '!~')
    .map((operator, at) => [operator, `op${at}`])
)

/**
 * gval's expressions as RFC 9535 function extensions: every operator a function of values, so that a missing field ends
 * the whole expression, as in gval, and does not count as unequal, as in RFC 9535.
 */
export function gvalFunctions(budget: Budget): ReadonlyMap<string, FilterFunction> {
  const functions = new Map<string, FilterFunction>([
    // What a filter's result counts as; neither true nor false is no match.
    [
      'is',
      { argTypes: [ValueType], returnType: LogicalType, call: value => value !== Nothing && toBoolean(value) === true }
    ],
    ['not', ofValues(budget, 1, value => negated(toBoolean(value)))],
    ['minus', ofValues(budget, 1, value => negative(toNumber(value)))],
    ['invert', ofValues(budget, 1, value => operate('^', toNumber(value) ?? null, -1))],
    ['list', { argTypes: [NodesType], returnType: ValueType, call: nodes => valuesOf(nodes) }],
    ['length', ofValues(budget, 1, lengthOf)],
    ['count', { argTypes: [NodesType], returnType: ValueType, call: nodes => valuesOf(nodes).length }]
  ])
  for (const [operator, name] of Object.entries(OPERATOR_FUNCTIONS)) {
    functions.set(name, operatorFunction(operator as BinaryOperator, budget))
  }
  return functions
}

function operatorFunction(operator: BinaryOperator, budget: Budget): FilterFunction {
  switch (operator) {
    case '&&':
      return logical(false, (left, right) => left && right)
    case '||':
      return logical(true, (left, right) => left || right)
    case 'in':
      return ofValues(budget, 2, (item, list) => {
        if (!Array.isArray(list) || list.length > MAX_LIST_ITEMS) return undefined
        return list.some(one => isSame(item, one))
      })
    default:
      return ofValues(budget, 2, (left, right) => operate(operator, left, right))
  }
}

/** The right side is not asked when the left one decides: then it may be missing. */
function logical(deciding: boolean, combine: (left: boolean, right: boolean) => boolean): FilterFunction {
  return {
    argTypes: [ValueType, ValueType],
    returnType: ValueType,
    call(left, right) {
      if (left === deciding) return deciding
      if (left === Nothing || right === Nothing) return Nothing
      const [one, other] = [toBoolean(left), toBoolean(right)]
      return one === undefined || other === undefined ? Nothing : combine(one, other)
    }
  }
}

function valuesOf(nodes: unknown): unknown[] {
  return nodes instanceof JSONPathNodeList ? nodes.values() : []
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value
}

function negative(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return Array.from(value).length
  if (Array.isArray(value)) return value.length
  return isObject(value) ? Object.keys(value).length : undefined
}
