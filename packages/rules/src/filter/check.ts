import type { ASTNode } from '@marcbachmann/cel-js'
import type { RuleError, RuleErrorCode } from '../errors.js'
import { parseNetwork } from './address.js'
import { checkCall } from './check-calls.js'
import type { ArithmeticOperator, Comparison, Expression } from './expression.js'
import { fieldGroups, fields } from './fields/table.js'
import { nearestName } from './nearest-name.js'
import { literalFor, networkFor } from './notation.js'
import type { SourceRange } from './source-text.js'
import { errorAt, quoted } from './source-text.js'
import type { ListType, Type } from './value.js'
import { typeName } from './value.js'

/** A name bound by `exists` and its like. */
interface Variable {
  readonly name: string
  readonly slot: number
  readonly type: Type
}

/** Turns what the parser understood into an {@link Expression}, or says where and why it makes no sense. */
export class Checker {
  /** Names of the fields met. */
  readonly used: Set<string> = new Set()
  readonly #source: string
  readonly #variables: Variable[] = []
  /** How many variables are in use at a time, at most. */
  slots = 0

  constructor(source: string) {
    this.#source = source
  }

  error(code: RuleErrorCode, problem: string, range: SourceRange, options?: ErrorOptions): RuleError {
    return errorAt(code, problem, this.#source, range, options)
  }

  check(node: ASTNode): Expression {
    switch (node.op) {
      case 'value':
        return this.#literal(node)
      case 'id':
      case '.':
        return this.#name(node)
      case '[]':
        return this.#index(node.args[0], node.args[1])
      case 'call':
        return checkCall(this, node, node.args[0], node.args[1])
      case 'rcall':
        return checkCall(this, node, node.args[0], [node.args[1], ...node.args[2]])
      case 'list':
        return this.#list(node.args)
      case '!_':
        return { op: 'not', type: 'bool', of: this.condition(node.args) }
      case '-_':
        return this.#negative(node.args)
      case '&&':
      case '||':
        return this.#logic(node)
      case '?:':
        return this.#choose(node.args)
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#compare(node, node.op, node.args)
      case 'in':
        return this.#in(node, node.args)
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(node, node.op, node.args)
      case 'map':
        throw this.error('FILTER_TYPE', 'filters have no maps', node)
      case '.?':
      case '[?]':
        throw this.error('FILTER_TYPE', 'filters have no optional fields: has() asks whether a field is there', node)
    }
  }

  /** An expression that must be true or false. */
  condition(node: ASTNode): Expression {
    const expression = this.check(node)
    this.expect(expression, 'bool', node)
    return expression
  }

  expect(expression: Expression, wanted: Type, range: SourceRange): void {
    if (fits(expression.type, wanted)) return
    throw this.error(
      'FILTER_TYPE',
      `this is a ${typeName(expression.type)}, where a ${typeName(wanted)} is needed`,
      range
    )
  }

  /** Checks `body` with one more name. */
  withVariable(name: ASTNode, type: Type, body: ASTNode): { slot: number; body: Expression } {
    if (name.op !== 'id') throw this.error('FILTER_SYNTAX', 'a plain name must stand here', name)
    const slot = this.#variables.length
    this.#variables.push({ name: name.args, slot, type })
    this.slots = Math.max(this.slots, this.#variables.length)
    const checked = this.condition(body)
    this.#variables.pop()
    return { slot, body: checked }
  }

  #literal(node: ASTNode & { op: 'value' }): Expression {
    const value = node.args
    switch (typeof value) {
      case 'boolean':
        return { op: 'literal', type: 'bool', value }
      case 'string':
        return { op: 'literal', type: 'string', value }
      case 'number':
        return { op: 'literal', type: 'double', value }
      case 'bigint':
        if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return { op: 'literal', type: 'int', value: Number(value) }
        throw this.error('FILTER_LIMIT', `numbers go up to ${Number.MAX_SAFE_INTEGER}`, node)
      default:
        if (value === null) return { op: 'literal', type: 'null', value }
        throw this.error('FILTER_TYPE', 'filters have no byte strings and no unsigned numbers: write it plainly', node)
    }
  }

  /** A field, a variable, or a path into an event. */
  #name(node: ASTNode & { op: 'id' | '.' }): Expression {
    const path: string[] = []
    let root: ASTNode = node
    while (root.op === '.') {
      path.unshift(root.args[1])
      root = root.args[0]
    }
    if (root.op !== 'id') return this.#selectAll(this.check(root), path, node)
    const first = root.args
    const variable = this.#variables.findLast(({ name }) => name === first)
    if (variable !== undefined) {
      return this.#selectAll({ op: 'variable', type: variable.type, slot: variable.slot }, path, node)
    }
    if (first === 'event') {
      this.used.add('event')
      return this.#selectAll({ op: 'event', type: 'dyn' }, path, node)
    }
    const name = [first, ...path].join('.')
    const field = fields.get(name)
    if (field !== undefined) {
      this.used.add(name)
      return { op: 'field', type: field.type, field }
    }
    throw this.#unknownField(name, first, node)
  }

  #unknownField(name: string, first: string, range: SourceRange): RuleError {
    if (fieldGroups.has(name)) {
      const members = [...fields.keys()].filter(field => field.startsWith(`${name}.`))
      return this.error(
        'FILTER_UNKNOWN_NAME',
        `'${name}' is no field by itself; there are ${members.join(', ')}`,
        range
      )
    }
    const known = fields.get(first)
    if (known !== undefined) return this.error('FILTER_UNKNOWN_NAME', `'${first}' has no parts`, range)
    const nearest = nearestName(name, [...fields.keys(), 'event'])
    const advice = nearest === undefined ? 'docs/filter-language.md lists the fields' : `did you mean ${nearest}?`
    return this.error('FILTER_UNKNOWN_NAME', `there is no field ${quoted(name)}; ${advice}`, range)
  }

  #selectAll(from: Expression, path: readonly string[], range: SourceRange): Expression {
    let expression = from
    for (const key of path) {
      if (expression.type !== 'dyn') {
        throw this.error('FILTER_TYPE', `a ${typeName(expression.type)} has no parts`, range)
      }
      expression = { op: 'select', type: 'dyn', from: expression, key }
    }
    return expression
  }

  #index(of: ASTNode, by: ASTNode): Expression {
    const from = this.check(of)
    const index = this.check(by)
    if (from.type === 'dyn') {
      if (index.op === 'literal' && typeof index.value === 'string') {
        return { op: 'select', type: 'dyn', from, key: index.value }
      }
      if (index.type !== 'int' && index.type !== 'string' && index.type !== 'dyn') {
        throw this.error('FILTER_TYPE', `a ${typeName(index.type)} is no index`, by)
      }
      return { op: 'index', type: 'dyn', from, index }
    }
    if (!isList(from.type)) throw this.error('FILTER_TYPE', `a ${typeName(from.type)} is no list`, of)
    this.expect(index, 'int', by)
    return { op: 'index', type: from.type.list, from, index }
  }

  #list(nodes: readonly ASTNode[]): Expression {
    const items = nodes.map(node => this.check(node))
    let type: ListType['list'] | undefined
    items.forEach((item, index) => {
      const range = nodes[index]
      if (range === undefined) return
      if (isList(item.type)) throw this.error('FILTER_TYPE', 'a list holds no lists', range)
      if (type === undefined || type === item.type) type = item.type
      else if (type === 'dyn' || item.type === 'dyn') type = 'dyn'
      else {
        throw this.error(
          'FILTER_TYPE',
          `the list began with a ${typeName(type)}, this is a ${typeName(item.type)}`,
          range
        )
      }
    })
    return { op: 'list', type: { list: type ?? 'dyn' }, items }
  }

  #negative(node: ASTNode): Expression {
    const of = this.check(node)
    if (of.op === 'literal' && typeof of.value === 'number') return { ...of, value: -of.value }
    if (!isNumeric(of.type)) throw this.error('FILTER_TYPE', `a ${typeName(of.type)} cannot be negative`, node)
    return { op: 'negate', type: of.type, of }
  }

  /** A chain of the same operator becomes one expression, so that a long one is not a deep one. */
  #logic(node: ASTNode & { op: '&&' | '||' }): Expression {
    const operands: ASTNode[] = []
    let left: ASTNode = node
    while (left.op === node.op) {
      operands.unshift(left.args[1])
      left = left.args[0]
    }
    operands.unshift(left)
    return {
      op: node.op === '&&' ? 'and' : 'or',
      type: 'bool',
      of: operands.map(operand => this.condition(operand))
    }
  }

  #choose([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode]): Expression {
    const left = this.check(yes)
    const right = this.check(no)
    const type = fits(left.type, right.type) ? (left.type === 'dyn' ? left.type : right.type) : undefined
    if (type === undefined) {
      const problem = `one branch is a ${typeName(left.type)}, the other a ${typeName(right.type)}`
      throw this.error('FILTER_TYPE', problem, no)
    }
    return { op: 'choose', type, condition: this.condition(condition), yes: left, no: right }
  }

  #compare(node: ASTNode, comparison: Comparison, [a, b]: readonly [ASTNode, ASTNode]): Expression {
    const left = this.check(a)
    const right = this.check(b)
    const both = isNumeric(left.type) && isNumeric(right.type)
    if (!both && !fits(left.type, right.type)) {
      const problem = `a ${typeName(left.type)} is never compared with a ${typeName(right.type)}`
      throw this.error('FILTER_TYPE', `${problem}${compareAdvice(left, right, this.#source, b)}`, node)
    }
    const type = left.type === 'dyn' ? right.type : left.type
    if (isList(type)) throw this.error('FILTER_TYPE', 'lists are not compared: use in, exists or all', node)
    if (comparison !== '==' && comparison !== '!=') {
      if (type === 'bool' || type === 'null') {
        throw this.error('FILTER_TYPE', `a ${typeName(type)} is neither more nor less than another`, node)
      }
      return { op: 'compare', type: 'bool', comparison, left, right }
    }
    return this.#equal(comparison, left, right, a, b)
  }

  #equal(comparison: '==' | '!=', left: Expression, right: Expression, a: ASTNode, b: ASTNode): Expression {
    const isNotation = (one: Expression): boolean => one.op === 'field' && one.field.notation === 'ip'
    const [of, other, range] = isNotation(right) ? [right, left, a] : [left, right, b]
    if (isNotation(of) && other.op === 'literal' && typeof other.value === 'string') {
      const equal: Expression = { op: 'inNetworks', type: 'bool', of, networks: [networkFor(this, other.value, range)] }
      return comparison === '==' ? equal : { op: 'not', type: 'bool', of: equal }
    }
    return {
      op: 'compare',
      type: 'bool',
      comparison,
      left: literalFor(this, right, left, a),
      right: literalFor(this, left, right, b)
    }
  }

  #in(node: ASTNode, [a, b]: readonly [ASTNode, ASTNode]): Expression {
    const item = this.check(a)
    const list = this.check(b)
    if (list.type !== 'dyn') {
      if (!isList(list.type)) {
        const isNetwork = list.op === 'literal' && typeof list.value === 'string' && parseNetwork(list.value)
        const advice = isNetwork ? '; for a network write inCidr(…, "10.0.0.0/8")' : '; a list stands in brackets'
        throw this.error('FILTER_TYPE', `a ${typeName(list.type)} is no list${advice}`, b)
      }
      const type = list.type.list
      if (!fits(item.type, type) && !(isNumeric(item.type) && isNumeric(type))) {
        throw this.error('FILTER_TYPE', `a ${typeName(item.type)} is in no ${typeName(list.type)}`, node)
      }
    }
    return this.#oneOf(item, list, b) ?? { op: 'in', type: 'bool', item, list }
  }

  /** A list of constants becomes a set, or a set of addresses. */
  #oneOf(item: Expression, list: Expression, node: ASTNode): Expression | undefined {
    if (list.op !== 'list' || item.type === 'dyn' || node.op !== 'list') return undefined
    const values: (boolean | number | string)[] = []
    for (const [index, entry] of list.items.entries()) {
      const value = literalFor(this, item, entry, node.args[index] ?? node)
      if (value.op !== 'literal' || value.value === null) return undefined
      values.push(value.value)
    }
    if (item.op === 'field' && item.field.notation === 'ip') {
      const networks = values.map((value, index) => networkFor(this, String(value), node.args[index] ?? node))
      return { op: 'inNetworks', type: 'bool', of: item, networks }
    }
    return { op: 'oneOf', type: 'bool', of: item, values: new Set(values) }
  }

  #arithmetic(node: ASTNode, operator: ArithmeticOperator, [a, b]: readonly [ASTNode, ASTNode]): Expression {
    const left = this.check(a)
    const right = this.check(b)
    const type = left.type === 'dyn' ? right.type : left.type
    const isPossible =
      fits(left.type, right.type) &&
      (isNumeric(type) || (operator === '+' && type === 'string')) &&
      !(operator === '%' && type === 'double')
    if (!isPossible) {
      const what = `${typeName(left.type)} ${operator} ${typeName(right.type)}`
      throw this.error('FILTER_TYPE', `there is no ${what}`, node)
    }
    return { op: 'arithmetic', type, operator, left, right }
  }
}

function isList(type: Type): type is ListType {
  return typeof type === 'object'
}

export function isNumeric(type: Type): boolean {
  return type === 'int' || type === 'double' || type === 'dyn'
}

/** Whether a value of one type may stand where another is wanted. */
function fits(type: Type, wanted: Type): boolean {
  if (type === 'dyn' || wanted === 'dyn') return true
  if (isList(type) && isList(wanted)) return fits(type.list, wanted.list)
  return type === wanted
}

function compareAdvice(left: Expression, right: Expression, source: string, node: SourceRange): string {
  const isNumberInQuotes =
    left.type === 'int' && right.op === 'literal' && typeof right.value === 'string' && /^[0-9]+$/.test(right.value)
  if (isNumberInQuotes) return '; leave the quotes out'
  const isBareWord = left.type === 'string' && right.type === 'int'
  return isBareWord ? `; put quotes around ${quoted(source.slice(node.start, node.end))}` : ''
}
