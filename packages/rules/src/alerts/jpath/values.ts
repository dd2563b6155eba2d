import { MAX_MATCHED_CHARACTERS, MAX_TEXT_CHARACTERS } from '../../filter/limits.js'
import { isObject } from '../../filter/value.js'
import type { BinaryOperator } from './syntax.js'

/** What an expression gives; undefined is gval's error, which ends the whole test without a match. */
export type Result = unknown

/** Go's ParseFloat, but for hexadecimal fractions and `_` between digits. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const MAX_NUMBER_CHARACTERS = 64
const INFINITE: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
  ['nan', Number.NaN]
])

export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.length > MAX_NUMBER_CHARACTERS) return undefined
  if (!NUMBER.test(value)) return INFINITE.get(value.toLowerCase())
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

export function toBoolean(value: unknown): boolean | undefined {
  switch (value) {
    case true:
    case 'true':
    case 'TRUE':
      return true
    case false:
    case null:
    case 'false':
    case 'FALSE':
      return false
    default: {
      const number = toNumber(value)
      return number === undefined ? undefined : number !== 0
    }
  }
}

/** As Go prints a value with `%v`; undefined for what is longer than may be searched. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= MAX_MATCHED_CHARACTERS ? value : undefined
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return String(value)
  if (value === null) return '<nil>'
  const parts: string[] = []
  let length = 0
  const entries = Array.isArray(value) ? value.entries() : sortedEntries(value)
  for (const [key, item] of entries) {
    const text = toText(item)
    if (text === undefined) return undefined
    const part = typeof key === 'string' ? `${key}:${text}` : text
    length += part.length + 1
    if (length > MAX_MATCHED_CHARACTERS) return undefined
    parts.push(part)
  }
  return Array.isArray(value) ? `[${parts.join(' ')}]` : `map[${parts.join(' ')}]`
}

function sortedEntries(value: unknown): [string, unknown][] {
  const keys = isObject(value) ? Object.entries(value) : []
  return keys.length > MAX_MATCHED_CHARACTERS
    ? keys.slice(0, MAX_MATCHED_CHARACTERS)
    : keys.sort(([one], [other]) => (one < other ? -1 : 1))
}

/** Go's `%v` of a float64 has an exponent from 1e+06 on, and below 1e-04; two digits of it at least. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf'
  const size = Math.abs(value)
  const text = size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential() : String(value)
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

type NumberOperation = (left: number, right: number) => unknown
type TextOperation = (left: string, right: string) => unknown

/** What an operator does with numbers, with texts, and with anything else. */
interface Operation {
  readonly number: NumberOperation
  readonly text?: TextOperation
  readonly boolean?: (left: boolean, right: boolean) => boolean
  readonly any?: (left: unknown, right: unknown) => boolean
}

const whole = (operate: (left: bigint, right: bigint) => bigint): NumberOperation => {
  return (left, right) => {
    if (!Number.isSafeInteger(Math.trunc(left)) || !Number.isSafeInteger(Math.trunc(right))) return undefined
    return Number(BigInt.asIntN(64, operate(BigInt(Math.trunc(left)), BigInt(Math.trunc(right)))))
  }
}

const OPERATIONS: Readonly<Partial<Record<BinaryOperator, Operation>>> = {
  '==': { number: (a, b) => a === b, boolean: (a, b) => a === b, any: (a, b) => isSame(a, b) },
  '!=': { number: (a, b) => a !== b, boolean: (a, b) => a !== b, any: (a, b) => !isSame(a, b) },
  '<': { number: (a, b) => a < b, text: (a, b) => a < b },
  '<=': { number: (a, b) => a <= b, text: (a, b) => a <= b },
  '>': { number: (a, b) => a > b, text: (a, b) => a > b },
  '>=': { number: (a, b) => a >= b, text: (a, b) => a >= b },
  '+': { number: (a, b) => a + b, text: (a, b) => (a.length + b.length > MAX_TEXT_CHARACTERS ? undefined : a + b) },
  '-': { number: (a, b) => a - b },
  '*': { number: (a, b) => a * b },
  '/': { number: (a, b) => a / b },
  '%': { number: (a, b) => a % b },
  '**': { number: (a, b) => a ** b },
  '&': { number: whole((a, b) => a & b) },
  '|': { number: whole((a, b) => a | b) },
  '^': { number: whole((a, b) => a ^ b) },
  '<<': { number: whole((a, b) => (b < 0n || b > 63n ? 0n : a << b)) },
  '>>': { number: whole((a, b) => a >> (b < 0n || b > 63n ? 63n : b)) }
}

/**
 * gval's reading of two values: as they are when they are alike, else as numbers if both can be read so (`"443" == 443`),
 * else as true and false (`null == false`), else as texts.
 */
export function operate(operator: BinaryOperator, left: unknown, right: unknown): Result {
  const operation = OPERATIONS[operator]
  if (operation === undefined) return undefined
  const { number, text, boolean, any } = operation
  if (typeof left === 'number' && typeof right === 'number') return number(left, right)
  if (boolean !== undefined && typeof left === 'boolean' && typeof right === 'boolean') return boolean(left, right)
  if (text !== undefined && typeof left === 'string' && typeof right === 'string') return text(left, right)
  const leftNumber = toNumber(left)
  const rightNumber = leftNumber === undefined ? undefined : toNumber(right)
  if (leftNumber !== undefined && rightNumber !== undefined) return number(leftNumber, rightNumber)
  if (boolean !== undefined) {
    const leftBoolean = toBoolean(left)
    const rightBoolean = leftBoolean === undefined ? undefined : toBoolean(right)
    if (leftBoolean !== undefined && rightBoolean !== undefined) return boolean(leftBoolean, rightBoolean)
  }
  if (any !== undefined) return any(left, right)
  if (text === undefined || left === null || right === null) return undefined
  const leftText = toText(left)
  const rightText = toText(right)
  return leftText === undefined || rightText === undefined ? undefined : text(leftText, rightText)
}

/** Go's DeepEqual of what JSON holds. Not deeper than JSON path goes: nothing that deep is equal. */
export function isSame(left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (depth > MAX_COMPARED_DEPTH || Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  const other: Readonly<Record<string, unknown>> = right as Record<string, unknown>
  return keys.every(key => {
    return Object.hasOwn(right, key) && isSame((left as Record<string, unknown>)[key], other[key], depth + 1)
  })
}

const MAX_COMPARED_DEPTH = 100

/** Whether a condition that gave this matches: something, and not an empty something. Numbers always do, 0 as well. */
export function isFound(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}
