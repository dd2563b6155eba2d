import { printable } from '../filter/source-text.js'
import { parseJPath } from './jpath/parse.js'
import type { Expression, Segment } from './jpath/syntax.js'
import { isSingular } from './jpath/syntax.js'
import { tokenize } from './jpath/token.js'

export type ConditionFindingCode =
  | 'absent-unequal'
  | 'always-found'
  | 'list-compared'
  | 'not-in-spr'
  | 'pattern-with-slashes'
  | 'root-is-list'
  | 'single-quotes'
  | 'text-as-test'

type Report = (code: ConditionFindingCode, message: string) => void
type Path = Extract<Expression, { kind: 'path' }>

/** Fields that are true or false in a packet, and so are tests by themselves. */
const FLAGS: ReadonlySet<string> = new Set([
  'FIN',
  'SYN',
  'RST',
  'PSH',
  'ACK',
  'URG',
  'ECE',
  'CWR',
  'NS',
  'QR',
  'AA',
  'TC',
  'RD',
  'RA',
  'Truncated'
])
/** Fields that every packet's event has. */
const CERTAIN: ReadonlySet<string> = new Set(['Prefix', 'Action', 'Timestamp', 'InDev', 'OutDev'])

/** Says what SPR does with a condition that its author hardly expects. */
export function lintCondition(source: string, isOfPackets: boolean, report: Report): void {
  new ConditionLinter(source, isOfPackets, report).lint()
}

class ConditionLinter {
  readonly #source: string
  readonly #isOfPackets: boolean
  readonly #report: Report

  constructor(source: string, isOfPackets: boolean, report: Report) {
    this.#source = source
    this.#isOfPackets = isOfPackets
    this.#report = report
  }

  lint(): void {
    const long = tokenize(this.#source).find(
      ({ kind, text }) => kind === 'text' && text.startsWith("'") && text.length > 3
    )
    if (long !== undefined) {
      this.#report(
        'single-quotes',
        `${printable(long.text)}: SPR refuses texts in single quotes; write ${doubleQuoted(long.text)}`
      )
    }
    const expression = parseJPath(this.#source)
    this.#top(expression)
    this.#inspect(expression)
  }

  #top(expression: Expression): void {
    if (expression.kind !== 'path') {
      const inFilter = `$[?(${this.#text(expression).replaceAll(/\$\[0\]/g, '@')})]`
      const problem = `matches whether it is true or false, as long as its fields are there; write ${inFilter}`
      this.#report('always-found', problem)
    } else if (isSingular(expression.segments) && expression.segments.length > 1) {
      const problem = 'matches whatever the field is, also 0 and false, unless it is an empty text or list'
      this.#report('always-found', problem)
    }
  }

  #text({ start, end }: Expression): string {
    return printable(this.#source.slice(start, end))
  }

  #inspect(expression: Expression): void {
    switch (expression.kind) {
      case 'path':
        this.#path(expression)
        return
      case 'unary':
        if (expression.operator === '!') this.#test(expression.operand)
        this.#inspect(expression.operand)
        return
      case 'binary':
        this.#binary(expression)
        this.#inspect(expression.left)
        this.#inspect(expression.right)
        return
      case 'call':
        this.#report(
          'not-in-spr',
          `SPR knows no ${expression.name}(): there the condition never matches${insteadOf(expression.name)}`
        )
        for (const operand of expression.operands) this.#inspect(operand)
        return
      case 'list':
      case 'literal':
        return
    }
  }

  #path({ from, segments, start, end }: Path): void {
    const [first] = segments
    if (from === '$' && first?.isDescent === false && first.selectors.some(({ kind }) => kind === 'key')) {
      const path = printable(this.#source.slice(start, end))
      const problem = `${path}: $ is the list that holds the event, and has no such key; write $[0]${path.slice(1)}, within a filter @${path.slice(1)}`
      this.#report('root-is-list', problem)
    }
    for (const { selectors } of segments) {
      for (const selector of selectors) {
        if (selector.kind === 'filter') {
          this.#test(selector.condition)
          this.#inspect(selector.condition)
        } else if (selector.kind === 'index' && selector.index < 0) {
          this.#report(
            'not-in-spr',
            `SPR does not count from the end: with [${selector.index}] the condition never matches`
          )
        }
      }
    }
  }

  /** Something that has to be true or false. */
  #test(expression: Expression): void {
    if (expression.kind !== 'path' || !isSingular(expression.segments)) return
    const key = lastKey(expression.segments)
    if (key !== undefined && FLAGS.has(key)) return
    const path = this.#text(expression)
    const problem = `${path} alone is true only for true, "true" and numbers other than 0; any other text never matches; write ${path} != ""`
    this.#report('text-as-test', problem)
  }

  #binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): void {
    switch (operator) {
      case '&&':
      case '||':
        this.#test(left)
        this.#test(right)
        return
      case '=~':
      case '!~':
        if (right.kind === 'literal' && typeof right.value === 'string' && /^\/.+\/[a-z]*$/s.test(right.value)) {
          const bare = JSON.stringify(right.value.replace(/^\/|\/[a-z]*$/g, ''))
          this.#report(
            'pattern-with-slashes',
            `the slashes are part of the regular expression; write ${operator} ${printable(bare)}`
          )
        }
        if (operator === '!~') this.#absent(left, operator)
        return
      case '==':
        this.#listCompared(left, right)
        this.#listCompared(right, left)
        return
      case '!=':
        this.#absent(left, operator)
        this.#absent(right, operator)
        return
      default:
        return
    }
  }

  #listCompared(path: Expression, literal: Expression): void {
    if (path.kind !== 'path' || isSingular(path.segments) || literal.kind !== 'literal') return
    const problem = `${this.#text(path)} is a list, which no single value equals; write ${this.#text(literal)} in ${this.#text(path)}`
    this.#report('list-compared', problem)
  }

  #absent(expression: Expression, operator: string): void {
    if (!this.#isOfPackets || expression.kind !== 'path' || expression.from !== '@') return
    const first = expression.segments[0]?.selectors[0]
    if (first?.kind !== 'key' || (CERTAIN.has(first.key) && expression.segments.length === 1)) return
    const path = this.#text(expression)
    const problem = `a packet without ${path} does not match ${operator}, and ends the whole test without a match`
    this.#report('absent-unequal', problem)
  }
}

function lastKey(segments: readonly Segment[]): string | undefined {
  const selector = segments.at(-1)?.selectors[0]
  return selector?.kind === 'key' ? selector.key : undefined
}

function doubleQuoted(text: string): string {
  return printable(JSON.stringify(text.slice(1, -1).replaceAll("\\'", "'")))
}

function insteadOf(name: string): string {
  return name === 'match' || name === 'search' ? '; write @.InDev =~ "^wlan"' : ''
}
