import { parseJPath } from '../alerts/jpath/parse.js'
import type { Expression, Segment } from '../alerts/jpath/syntax.js'
import { operate } from '../alerts/jpath/values.js'
import { formatPath } from '../explain/explain-filter.js'
import { compilePattern } from '../filter/pattern.js'
import { quoteText } from '../filter/quote-text.js'
import type { PathField } from './event-paths.js'
import { PACKET_PATHS } from './event-paths.js'
import type { Formula } from './formula.js'
import { allOf, anyOf, atom, contraryOf, negated, UntranslatableError } from './formula.js'

/** What a condition of `alerts.json` looks at. */
export interface JPathOptions {
  readonly reading: 'strict' | 'spr'
  /** Whether the events are packets. */
  readonly isPacket: boolean
}

/**
 * When a JSONPath condition matches, in terms of the filter language.
 * @throws UntranslatableError that says what stands in the way; RuleError when it is no condition
 */
export function translateJPath(source: string, options: JPathOptions): Formula {
  const condition = parseJPath(source)
  const translator = new Translator(options)
  if (condition.kind !== 'path') {
    throw new UntranslatableError(
      'it is no filter on the event: SPR takes whatever it gives for a match, false as well'
    )
  }
  const [first, ...rest] = condition.segments
  const [selector, ...others] = first?.selectors ?? []
  if (first === undefined || selector === undefined || first.isDescent || others.length > 0) {
    throw new UntranslatableError('it searches the event at every depth')
  }
  if (selector.kind === 'filter') {
    const { isTrue } = translator.test(selector.condition)
    return rest.length === 0 ? isTrue : allOf([isTrue, translator.isThere(rest)])
  }
  const isEvent = (selector.kind === 'index' && selector.index === 0) || selector.kind === 'all'
  if (!isEvent || rest.length === 0) throw new UntranslatableError('it is no filter on the event: $[?(…)]')
  return translator.isThere(rest)
}

/** When it is true, and when it is false; of a path that leads nowhere it is neither. */
interface Truth {
  readonly isTrue: Formula
  readonly isFalse: Formula
}

type Literal = string | number | boolean
type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~'

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '=~', '!~'])
const MIRRORED: Readonly<Partial<Record<Comparison, Comparison>>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<='
}

/** Where the value of a path is found. */
interface Place {
  /** A field, or a path into an event. */
  readonly name: string
  readonly guard?: Formula
  /** `any`: known only when the event comes. */
  readonly type: PathField['type'] | 'any'
  readonly isAlwaysThere?: boolean | undefined
  readonly isTrimmed?: boolean | undefined
}

class Translator {
  readonly #isSpr: boolean
  readonly #isPacket: boolean

  constructor({ reading, isPacket }: JPathOptions) {
    this.#isSpr = reading === 'spr'
    this.#isPacket = isPacket
  }

  test(expression: Expression): Truth {
    if (expression.kind === 'path') return this.#truthOf(expression)
    if (expression.kind === 'unary' && expression.operator === '!') {
      const { isTrue, isFalse } = this.test(expression.operand)
      return { isTrue: isFalse, isFalse: isTrue }
    }
    if (expression.kind === 'binary') {
      const { operator, left, right } = expression
      if (operator === '&&') return this.#and(this.test(left), this.test(right))
      if (operator === '||') return this.#or(this.test(left), this.test(right))
      if (operator === 'in') return this.#oneOf(left, right)
      if (COMPARISONS.has(operator)) return this.#comparison(operator as Comparison, left, right)
    }
    throw new UntranslatableError('it computes what filters do not')
  }

  /** gval asks the right side only where the left one does not decide: a left side that leads nowhere ends it. */
  #and(one: Truth, other: Truth): Truth {
    return {
      isTrue: allOf([one.isTrue, other.isTrue]),
      isFalse: anyOf([one.isFalse, allOf([one.isTrue, other.isFalse])])
    }
  }

  #or(one: Truth, other: Truth): Truth {
    const otherwise = this.#isSpr ? allOf([one.isFalse, other.isTrue]) : other.isTrue
    return { isTrue: anyOf([one.isTrue, otherwise]), isFalse: allOf([one.isFalse, other.isFalse]) }
  }

  #comparison(operator: Comparison, left: Expression, right: Expression): Truth {
    const mirrored = MIRRORED[operator]
    if (left.kind === 'literal' && right.kind === 'path' && mirrored !== undefined) {
      return this.#compare(this.#place(right), mirrored, left.value)
    }
    if (left.kind !== 'path' || right.kind !== 'literal') {
      throw new UntranslatableError('it compares something else than a path with a constant')
    }
    return this.#compare(this.#place(left), operator, right.value)
  }

  #oneOf(left: Expression, right: Expression): Truth {
    if (left.kind !== 'path' || right.kind !== 'list' || right.items.length === 0) {
      throw new UntranslatableError('it looks for something else than a path in a list of constants')
    }
    const place = this.#place(left)
    const answers = right.items.map(item => {
      if (item.kind !== 'literal') throw new UntranslatableError('its list holds more than constants')
      return this.#compare(place, '==', item.value)
    })
    return {
      isTrue: anyOf(answers.map(({ isTrue }) => isTrue)),
      isFalse: allOf(answers.map(({ isFalse }) => isFalse))
    }
  }

  #place({ segments, from }: Expression & { kind: 'path' }): Place {
    if (from !== '@') throw new UntranslatableError('one of its paths begins with $ within a filter')
    return this.#placeAt(segments)
  }

  #placeAt(segments: readonly Segment[]): Place {
    const path = keysOf(segments)
    if (path === undefined || path.length === 0) {
      throw new UntranslatableError('one of its paths does not lead to a single value of the event')
    }
    return this.#isPacket ? this.#packetPlace(path.join('.')) : { name: formatPath(path), type: 'any' }
  }

  #packetPlace(path: string): Place {
    const known = PACKET_PATHS.get(path)
    if (known === undefined) throw new UntranslatableError(`filters have no field for @.${path} of a packet`)
    const { field, spr, guard, sprGuard, type, isAlwaysThere, isTrimmed } = known
    if (this.#isSpr && spr === undefined) {
      throw new UntranslatableError(
        `no field holds exactly what SPR has at @.${path}; the strict reading takes ${field}`
      )
    }
    const guarded = this.#isSpr ? sprGuard : guard
    const name = this.#isSpr && spr !== undefined ? spr : field
    return { name, type, isAlwaysThere, isTrimmed, ...(guarded === undefined ? {} : { guard: guardAtom(guarded) }) }
  }

  /** A comparison of a value with a constant. */
  #compare(place: Place, operator: Comparison, constant: Literal): Truth {
    const { name, guard, isAlwaysThere } = place
    const value = this.#constantFor(place, operator, constant)
    const text = comparisonText(place, operator, value)
    const isTrue = atom(text, [name])
    const isFalse = atom(negated(text), [name])
    if (isAlwaysThere === true) {
      // The JSON has the empty text where the field is absent: the answer for that is known.
      const isAbsent = atom(`!has(${name})`)
      return isTrueOfNothing(operator, value)
        ? { isTrue: anyOf([isAbsent, isTrue]), isFalse }
        : { isTrue, isFalse: anyOf([isAbsent, isFalse]) }
    }
    if (guard === undefined) return { isTrue, isFalse }
    return { isTrue: allOf([guard, isTrue]), isFalse: allOf([guard, isFalse]) }
  }

  /** gval compares `"443"` with 443 as numbers: a constant becomes what the field is. */
  #constantFor({ name, type, isTrimmed }: Place, operator: Comparison, constant: Literal): Literal {
    const never = (): never => {
      throw new UntranslatableError(`${name} is never compared so with ${JSON.stringify(constant)}`)
    }
    const isPattern = operator === '=~' || operator === '!~'
    const isOrder = !isPattern && operator !== '==' && operator !== '!='
    switch (type) {
      case 'number': {
        const number = typeof constant === 'boolean' || constant === '' ? Number.NaN : Number(constant)
        return isPattern || !Number.isSafeInteger(number) ? never() : number
      }
      case 'flag':
        if (isPattern || isOrder || !/^(?:true|false)$/.test(String(constant))) return never()
        return String(constant) === 'true'
      case 'any':
      case 'text': {
        if (isPattern && typeof constant !== 'string') return never()
        if (isPattern && this.#isSpr && type === 'any') {
          throw new UntranslatableError('SPR also looks for patterns in numbers and in null, filters in texts only')
        }
        if (isPattern) return constant
        if (this.#isSpr && (isOrder || isLoose(constant))) {
          throw new UntranslatableError(
            `SPR takes other values for ${JSON.stringify(constant)}, which filters tell apart`
          )
        }
        if (type === 'any') return constant
        if (isOrder && name.endsWith('.ip')) return never()
        return isTrimmed === true ? String(constant).trim() : String(constant)
      }
    }
  }

  /** Whether a path leads to something. */
  isThere(segments: readonly Segment[]): Formula {
    const { name, guard, type } = this.#placeAt(segments)
    if (this.#isSpr && type === 'any') {
      throw new UntranslatableError('whether SPR takes it for something depends on its kind, which filters do not ask')
    }
    return allOf([...(guard === undefined ? [] : [guard]), atom(`has(${name})`)])
  }

  #truthOf(path: Expression & { kind: 'path' }): Truth {
    const place = this.#place(path)
    if (place.type === 'flag') return this.#compare(place, '==', true)
    if (this.#isSpr) {
      throw new UntranslatableError(
        'SPR asks whether the value reads as true, which filters ask only of true and false'
      )
    }
    const isTrue = this.isThere(path.segments)
    return { isTrue, isFalse: contraryOf(isTrue) }
  }
}

/** A text that reads as a number or as true or false, which gval compares as such. */
function isLoose(constant: Literal): boolean {
  if (typeof constant !== 'string') return true
  return (
    constant !== '' && (!Number.isNaN(Number(constant)) || /^(?:true|false|[+-]?inf(?:inity)?|nan)$/i.test(constant))
  )
}

function guardAtom(text: string): Formula {
  return atom(text, [text.slice(0, text.indexOf(' '))])
}

function comparisonText({ name, type }: Place, operator: Comparison, value: Literal): string {
  if (type === 'flag') return (value === true) === (operator === '==') ? name : `!${name}`
  const text = typeof value === 'string' ? quoteText(value) : String(value)
  if (operator === '=~') return `${name}.matches(${text})`
  return operator === '!~' ? `!${name}.matches(${text})` : `${name} ${operator} ${text}`
}

/** What SPR's comparison says of the empty text. */
function isTrueOfNothing(operator: Comparison, value: Literal): boolean {
  if (operator === '=~' || operator === '!~') return compilePattern(String(value)).find('') === (operator === '=~')
  return operate(operator, '', value) === true
}

function keysOf(segments: readonly Segment[]): (string | number)[] | undefined {
  const keys = segments.map(({ isDescent, selectors: [selector, ...others] }) => {
    if (isDescent || others.length > 0) return undefined
    if (selector?.kind === 'key') return selector.key
    return selector?.kind === 'index' && selector.index >= 0 ? selector.index : undefined
  })
  return keys.every(key => key !== undefined) ? keys : undefined
}
