import { MAX_DEPTH, MAX_NODES } from '../../filter/limits.js'
import type { SourceRange } from '../../filter/source-text.js'
import { errorAt, quoted } from '../../filter/source-text.js'
import type { BinaryOperator, Expression, Segment, Selector } from './syntax.js'
import { PRECEDENCE } from './syntax.js'
import type { Token } from './token.js'
import { tokenize } from './token.js'

/** Characters of a condition. */
const MAX_CHARACTERS = 4096

/**
 * Reads a condition in the notation of gval and PaesslerAG's jsonpath, which SPR uses.
 * @throws RuleError that shows the place of what cannot be read
 */
export function parseJPath(source: string): Expression {
  if (source.length > MAX_CHARACTERS) {
    const problem = `a condition has ${MAX_CHARACTERS} characters at most`
    throw errorAt('RULE_INVALID', problem, source, { start: MAX_CHARACTERS, end: source.length })
  }
  return new Parser(source).parse()
}

/** What gval has and JSONPath has not, and what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  '?': 'there is no `? :` here: write two conditions, or && and ||',
  '??': 'there is no `??` here: a field that is absent does not match by itself',
  '{': 'an object with placeholders only gives names to what is found: write the path alone',
  '(': 'there are no scripts here: write the test as a filter, `[?(…)]`'
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  #nodes = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokenize(source)
  }

  parse(): Expression {
    const expression = this.#expression(0)
    if (this.#next.kind !== 'end') this.#unexpected('the end of the condition')
    return expression
  }

  get #next(): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]
    if (token === undefined) throw new TypeError('a condition has an end')
    return token
  }

  #take(): Token {
    const token = this.#next
    this.#at++
    return token
  }

  #takes(symbol: string): boolean {
    const isNext = this.#next.kind === 'symbol' && this.#next.text === symbol
    if (isNext) this.#at++
    return isNext
  }

  #expect(symbol: string): Token {
    if (this.#next.kind !== 'symbol' || this.#next.text !== symbol) this.#unexpected(`\`${symbol}\``)
    return this.#take()
  }

  #fail(problem: string, { start, end }: SourceRange): never {
    throw errorAt('RULE_INVALID', problem, this.#source, { start, end: Math.max(end, start + 1) })
  }

  #unexpected(wanted: string): never {
    const token = this.#next
    const refused = token.kind === 'symbol' ? REFUSED[token.text] : undefined
    if (refused !== undefined) this.#fail(refused, token)
    this.#fail(token.kind === 'end' ? `ends where ${wanted} should stand` : `here should stand ${wanted}`, token)
  }

  #within<T>(read: () => T): T {
    this.#depth++
    if (this.#depth > MAX_DEPTH) this.#fail(`is nested more than ${MAX_DEPTH} deep`, this.#next)
    const result = read()
    this.#depth--
    return result
  }

  /** Every operator binds to the left. */
  #expression(weakest: number): Expression {
    return this.#within(() => {
      let left = this.#operand()
      for (;;) {
        const operator = this.#operator(weakest)
        if (operator === undefined) return left
        const right = this.#expression(PRECEDENCE[operator] + 1)
        left = this.#node({ kind: 'binary', operator, left, right, start: left.start, end: right.end })
      }
    })
  }

  #operator(weakest: number): BinaryOperator | undefined {
    const { kind, text } = this.#next
    if ((kind !== 'symbol' && kind !== 'name') || !Object.hasOwn(PRECEDENCE, text)) return undefined
    const operator = text as BinaryOperator
    if (PRECEDENCE[operator] < weakest) return undefined
    this.#at++
    return operator
  }

  #node<T extends Expression>(expression: T): T {
    this.#nodes++
    if (this.#nodes > MAX_NODES) this.#fail('is too long', expression)
    return expression
  }

  #operand(): Expression {
    const token = this.#take()
    const { start, end } = token
    if (token.kind === 'text' || token.kind === 'number') {
      if (token.kind === 'number' && !Number.isFinite(token.value)) this.#fail('is no number', token)
      return this.#node({ kind: 'literal', value: token.value, start, end })
    }
    if (token.kind === 'name') return this.#named(token)
    switch (token.text) {
      case '$':
      case '@': {
        const segments = this.#segments()
        return this.#node({ kind: 'path', from: token.text, segments, start, end: this.#lastEnd })
      }
      case '!':
      case '-':
      case '~': {
        const operand = this.#within(() => this.#operand())
        return this.#node({ kind: 'unary', operator: token.text, operand, start, end: operand.end })
      }
      case '(': {
        const inner = this.#expression(0)
        this.#expect(')')
        return inner
      }
      case '[': {
        const items = this.#items(']')
        return this.#node({ kind: 'list', items, start, end: this.#lastEnd })
      }
      case '/':
        return this.#fail('a regular expression is written as a text in quotes, without slashes: =~ "^wlan"', token)
      default:
        this.#at--
        return this.#unexpected('a path such as `@.InDev`, a text in quotes or a number')
    }
  }

  #named(token: Token): Expression {
    const { text, start, end } = token
    if (text === 'true' || text === 'false') return this.#node({ kind: 'literal', value: text === 'true', start, end })
    if (this.#takes('(')) {
      const operands = this.#items(')')
      return this.#node({ kind: 'call', name: text, operands, start, end: this.#lastEnd })
    }
    const problem = `${quoted(text)} alone is nothing: a field of the event is written @.${text} within a filter, a text in quotes`
    return this.#fail(problem, token)
  }

  get #lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0
  }

  #items(close: ']' | ')'): Expression[] {
    const items: Expression[] = []
    while (!this.#takes(close)) {
      if (items.length > 0) this.#expect(',')
      items.push(this.#expression(0))
    }
    return items
  }

  #segments(): Segment[] {
    const segments: Segment[] = []
    for (;;) {
      if (this.#takes('.')) {
        const isDescent = this.#takes('.')
        segments.push({ isDescent, selectors: this.#afterDot(isDescent) })
      } else if (this.#takes('[')) segments.push({ isDescent: false, selectors: this.#bracket() })
      else if (this.#next.text === '(' && this.#next.kind === 'symbol') return this.#unexpected('')
      else return segments
    }
  }

  #afterDot(isDescent: boolean): readonly Selector[] {
    if (this.#takes('*')) return [{ kind: 'all' }]
    if (isDescent && this.#takes('[')) return this.#bracket()
    if (this.#next.kind !== 'name') {
      const start = this.#next.kind === 'text' || this.#next.kind === 'number'
      this.#unexpected(start ? 'a key of letters, digits and _; another is written ["in quotes"]' : 'a key or `*`')
    }
    return [{ kind: 'key', key: this.#take().text }]
  }

  #bracket(): readonly Selector[] {
    if (this.#takes('?')) {
      const condition = this.#expression(0)
      this.#expect(']')
      return [{ kind: 'filter', condition }]
    }
    const selectors: Selector[] = []
    do selectors.push(this.#selector())
    while (this.#takes(','))
    this.#expect(']')
    return selectors
  }

  #selector(): Selector {
    if (this.#takes('*')) return { kind: 'all' }
    const token = this.#next
    if (token.kind === 'text') {
      this.#at++
      return { kind: 'key', key: token.value }
    }
    const first = this.#index()
    if (!this.#takes(':')) {
      if (first === undefined) return this.#unexpected('a key in quotes, a number, `*` or `?`')
      return { kind: 'index', index: first }
    }
    const bounds = [first, this.#index()]
    if (this.#takes(':')) bounds.push(this.#index())
    return { kind: 'slice', bounds }
  }

  #index(): number | undefined {
    const start = this.#at
    const sign = this.#takes('-') ? -1 : 1
    const token = this.#next
    if (token.kind === 'number') {
      this.#at++
      if (!Number.isSafeInteger(token.value)) this.#fail('must be a whole number', token)
      return sign * token.value || 0
    }
    this.#at = start
    return undefined
  }
}
