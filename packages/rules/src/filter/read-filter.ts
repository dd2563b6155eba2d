import { Environment, ParseError } from '@marcbachmann/cel-js'
import { Checker } from './check.js'
import { costOf } from './cost.js'
import type { Expression } from './expression.js'
import { fields } from './fields/table.js'
import { MAX_COST, MAX_DEPTH, MAX_LIST_ITEMS, MAX_NODES, MAX_SOURCE_CHARACTERS } from './limits.js'
import { errorAt } from './source-text.js'

/** A filter that was read and checked, and is not compiled yet. */
export interface CheckedFilter {
  readonly expression: Expression
  /** How many variables it uses at a time. */
  readonly variables: number
  /** The fields it reads, `event` among them. */
  readonly fields: ReadonlySet<string>
}

/** @throws RuleError `FILTER_SYNTAX`, `FILTER_TYPE`, `FILTER_UNKNOWN_NAME`, `FILTER_LIMIT`: with the place under the text */
export function readFilter(source: string): CheckedFilter {
  if (source.length > MAX_SOURCE_CHARACTERS) {
    const problem = `the filter has ${source.length} characters; ${MAX_SOURCE_CHARACTERS} is the limit`
    throw errorAt('FILTER_LIMIT', problem, source, { start: 0, end: 0 })
  }
  const everything = { start: 0, end: source.length }
  if (source.trim() === '') {
    throw errorAt('FILTER_SYNTAX', 'the filter is empty; one that takes everything is true', source, everything)
  }
  const checker = new Checker(source)
  const expression = checker.condition(parse(source).ast)
  if (costOf(expression) > MAX_COST) {
    throw errorAt('FILTER_LIMIT', 'the filter may take too long; look for less, or in fewer texts', source, everything)
  }
  return { expression, variables: checker.slots, fields: checker.used }
}

const MAX_FIELD_CHARACTERS = 256

/**
 * Reads the name of one field, or a path into an event.
 * @throws RuleError as {@link readFilter}
 */
export function readField(source: string): CheckedFilter {
  const field = fields.get(source)
  if (field !== undefined) {
    return { expression: { op: 'field', type: field.type, field }, variables: 0, fields: new Set([source]) }
  }
  const everything = { start: 0, end: source.length }
  if (source.length > MAX_FIELD_CHARACTERS) {
    throw errorAt('FILTER_LIMIT', `a field has at most ${MAX_FIELD_CHARACTERS} characters`, source, everything)
  }
  const checker = new Checker(source)
  const expression = checker.check(parse(source).ast)
  if (!isPath(expression)) {
    throw errorAt('FILTER_TYPE', 'a single field must stand here, such as src.ip or event.user', source, everything)
  }
  return { expression, variables: checker.slots, fields: checker.used }
}

function isPath(expression: Expression): boolean {
  switch (expression.op) {
    case 'field':
    case 'event':
      return true
    case 'select':
      return isPath(expression.from)
    case 'index':
      return expression.index.op === 'literal' && isPath(expression.from)
    default:
      return false
  }
}

const limits = {
  maxAstNodes: MAX_NODES,
  maxDepth: MAX_DEPTH,
  maxListElements: MAX_LIST_ITEMS,
  maxMapEntries: MAX_LIST_ITEMS,
  maxCallArguments: 8
}
const grammar = new Environment({ limits })

function parse(source: string): ReturnType<Environment['parse']> {
  try {
    return grammar.parse(source)
  } catch (cause) {
    if (!(cause instanceof ParseError))
      throw errorAt('FILTER_SYNTAX', 'this is no filter', source, { start: 0, end: 0 })
    const range = cause.range ?? { start: 0, end: 0 }
    const code = cause.code === 'limit_exceeded' ? 'FILTER_LIMIT' : 'FILTER_SYNTAX'
    throw errorAt(code, explain(cause.summary, source, range.start), source, range, { cause })
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['AND', '&&'],
  ['OR', '||'],
  ['NOT', '!']
])

/** The parser's words, and what people coming from other languages will have meant. */
function explain(summary: string, source: string, at: number): string {
  const rest = source.slice(at)
  if (rest.startsWith('=')) return 'a single = stands here; write == to compare'
  if (/^[&|]/.test(rest)) return `write ${rest[0] === '&' ? '&&' : '||'}`
  const word = /^[A-Za-z]+/.exec(rest)?.[0] ?? ''
  const operator = WORDS.get(word)
  if (operator !== undefined) return `write ${operator} for ${word}`
  if (at >= source.length) return 'the filter ends too early'
  return summary
}
