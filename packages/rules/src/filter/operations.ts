import type { ArithmeticOperator, Comparison, TextTest } from './expression.js'
import { fitsGlob } from './glob.js'
import { MAX_LIST_ITEMS, MAX_PATTERN_CHARACTERS, MAX_TEXT_CHARACTERS } from './limits.js'
import type { Type, Value } from './value.js'
import { isObject } from './value.js'

/** Values of unlike kinds are unequal, as CEL has it for what is only known when it comes. */
export function compareValues(comparison: Comparison, left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined
  switch (comparison) {
    case '==':
      return isComposed(left) || isComposed(right) ? undefined : left === right
    case '!=':
      return isComposed(left) || isComposed(right) ? undefined : left !== right
    default:
      if (typeof left === 'number' && typeof right === 'number') return isInOrder(comparison, left, right)
      if (typeof left === 'string' && typeof right === 'string') return isInOrder(comparison, left, right)
      return undefined
  }
}

function isComposed(value: Value): boolean {
  return typeof value === 'object' && value !== null
}

function isInOrder<T extends number | string>(comparison: '<' | '<=' | '>' | '>=', left: T, right: T): boolean {
  switch (comparison) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}

/** Whole numbers stay whole, and within what a number holds exactly; an event's numbers are what they are. */
export function arithmetic(operator: ArithmeticOperator, type: Type, left: Value, right: Value): Value {
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') {
    return left.length + right.length <= MAX_TEXT_CHARACTERS ? left + right : undefined
  }
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  const areWhole = Number.isSafeInteger(left) && Number.isSafeInteger(right)
  if (type === 'double' || !areWhole)
    return operator === '%' || type === 'int' ? undefined : real(operator, left, right)
  const result = whole(operator, left, right)
  return Number.isSafeInteger(result) ? result : undefined
}

function real(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    default:
      return left / right
  }
}

function whole(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '/':
      return Math.trunc(left / right)
    case '%':
      return left % right
    default:
      return real(operator, left, right)
  }
}

export function isIn(item: Value, list: Value): boolean | undefined {
  if (item === undefined || isComposed(item)) return undefined
  if (Array.isArray(list)) {
    return list.length > MAX_LIST_ITEMS ? undefined : list.includes(item)
  }
  return isObject(list) && typeof item === 'string' ? Object.hasOwn(list, item) : undefined
}

/** Texts without end take time without end. */
export function testText(test: TextTest, text: Value, wanted: Value): boolean | undefined {
  if (typeof text !== 'string' || typeof wanted !== 'string') return undefined
  if (text.length > MAX_TEXT_CHARACTERS || wanted.length > MAX_PATTERN_CHARACTERS) return undefined
  switch (test) {
    case 'startsWith':
      return text.startsWith(wanted)
    case 'endsWith':
      return text.endsWith(wanted)
    case 'contains':
      return text.includes(wanted)
    case 'glob':
      return fitsGlob(text, wanted)
  }
}

const WHOLE_NUMBER = /^-?[0-9]{1,16}$/

export function toInt(value: Value): number | undefined {
  if (typeof value === 'string') return WHOLE_NUMBER.test(value) ? safe(Number(value)) : undefined
  return typeof value === 'number' ? safe(Math.trunc(value)) : undefined
}

function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

export function toText(value: Value): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.length <= MAX_TEXT_CHARACTERS ? value : undefined
    case 'number':
    case 'boolean':
      return String(value)
    default:
      return undefined
  }
}
