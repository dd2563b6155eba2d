import { MAX_LIST_ITEMS, MAX_PATTERN_CHARACTERS } from '../../filter/limits.js'
import type { Pattern } from '../../filter/pattern.js'
import { compilePattern } from '../../filter/pattern.js'
import type { SourceRange } from '../../filter/source-text.js'
import { errorAt, quoted } from '../../filter/source-text.js'
import { OPERATOR_FUNCTIONS } from './functions.js'
import type { Expression, Segment, Selector } from './syntax.js'
import { isSingular } from './syntax.js'

/** Keeps what RFC 9535 has no notation for, and gives the names of the functions that stand for it. */
export interface Named {
  constant(value: unknown): string
  /** @param takesAny whether what is no text is made one first */
  pattern(pattern: Pattern, takesAny: boolean): string
}

type Path = Extract<Expression, { kind: 'path' }>
type Call = Extract<Expression, { kind: 'call' }>

const WHOLE_NUMBER = /^-?(?:0|[1-9]\d{0,14})$/

/** Writes a condition as an RFC 9535 query in which the operators are functions. */
export class Translator {
  readonly #source: string
  readonly #named: Named

  constructor(source: string, named: Named) {
    this.#source = source
    this.#named = named
  }

  path({ from, segments }: Path): string {
    return from + segments.map(segment => this.#segment(segment)).join('')
  }

  #segment({ isDescent, selectors }: Segment): string {
    return `${isDescent ? '..' : ''}[${selectors.map(selector => this.#selector(selector)).join(',')}]`
  }

  #selector(selector: Selector): string {
    switch (selector.kind) {
      case 'all':
        return '*'
      case 'key':
        return quoteKey(selector.key)
      case 'index':
        return String(selector.index)
      case 'slice':
        return selector.bounds.map(bound => bound ?? '').join(':')
      case 'filter':
        return `?is(${this.value(selector.condition)})`
    }
  }

  /** An expression as a function's argument. */
  value(expression: Expression): string {
    switch (expression.kind) {
      case 'literal':
        return this.#literal(expression.value)
      case 'list':
        return this.#list(expression.items)
      case 'path':
        return isSingular(expression.segments) ? this.path(expression) : `list(${this.path(expression)})`
      case 'unary': {
        const name = { '!': 'not', '-': 'minus', '~': 'invert' }[expression.operator]
        return `${name}(${this.value(expression.operand)})`
      }
      case 'binary':
        return this.#binary(expression)
      case 'call':
        return this.#call(expression)
    }
  }

  #literal(value: string | number | boolean): string {
    if (typeof value === 'boolean') return String(value)
    if (typeof value === 'number' && WHOLE_NUMBER.test(String(value))) return String(value)
    return `${this.#named.constant(value)}()`
  }

  #list(items: readonly Expression[]): string {
    const values = items.map(item => {
      if (item.kind === 'literal') return item.value
      if (item.kind === 'unary' && item.operator === '-' && item.operand.kind === 'literal')
        return -Number(item.operand.value)
      return this.#fail('a list holds texts, numbers, true and false', item)
    })
    if (values.length > MAX_LIST_ITEMS) this.#fail(`a list holds ${MAX_LIST_ITEMS} values at most`, items[0])
    return `${this.#named.constant(values)}()`
  }

  #binary({ operator, left, right, start, end }: Extract<Expression, { kind: 'binary' }>): string {
    if (operator !== '=~' && operator !== '!~') {
      return `${OPERATOR_FUNCTIONS[operator]}(${this.value(left)},${this.value(right)})`
    }
    if (right.kind !== 'literal' || typeof right.value !== 'string') {
      this.#fail(`right of ${operator} stands a regular expression in quotes: @.InDev ${operator} "^wlan"`, {
        start,
        end
      })
    }
    const test = `${this.#named.pattern(this.#compile(right.value, right), true)}(${this.value(left)})`
    return operator === '=~' ? test : `not(${test})`
  }

  #call({ name, operands, ...place }: Call): string {
    switch (name) {
      case 'match':
      case 'search': {
        const [text, pattern, ...more] = operands
        if (text === undefined || pattern?.kind !== 'literal' || typeof pattern.value !== 'string' || more.length > 0) {
          return this.#fail(
            `${name}() takes a field and a regular expression in quotes: ${name}(@.InDev, "wlan.*")`,
            place
          )
        }
        const source = name === 'match' ? `^(?:${pattern.value})$` : pattern.value
        return `${this.#named.pattern(this.#compile(source, pattern), false)}(${this.value(text)})`
      }
      case 'length': {
        const [value, ...more] = operands
        if (value === undefined || more.length > 0) return this.#fail('length() takes one value', place)
        return `length(${this.value(value)})`
      }
      case 'count': {
        const [path, ...more] = operands
        if (path?.kind !== 'path' || more.length > 0)
          return this.#fail('count() takes one path: count(@.list[*])', place)
        return `count(${this.path(path)})`
      }
      default:
        return this.#fail(`there is no function ${quoted(name)}: there are match, search, length and count`, place)
    }
  }

  #compile(source: string, place: SourceRange): Pattern {
    if (source.length > MAX_PATTERN_CHARACTERS) {
      this.#fail(`a regular expression has ${MAX_PATTERN_CHARACTERS} characters at most`, place)
    }
    try {
      return compilePattern(source)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return this.#fail(`this regular expression cannot be used: ${reason}`, place)
    }
  }

  #fail(problem: string, place: SourceRange | undefined): never {
    throw errorAt('RULE_INVALID', problem, this.#source, place ?? { start: 0, end: 1 })
  }
}

/** In ASCII, so that the library's own reading of texts has nothing to stumble over. */
function quoteKey(key: string): string {
  const whole = key.replace(/\p{Cs}/gu, '\ufffd')
  return JSON.stringify(whole).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}
