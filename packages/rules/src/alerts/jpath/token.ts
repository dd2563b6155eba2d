import { errorAt } from '../../filter/source-text.js'

/** A piece of a condition. Symbols and names have themselves for `text`; texts and numbers also what they stand for. */
export type Token =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly value: string
      readonly start: number
      readonly end: number
    }
  | {
      readonly kind: 'number'
      readonly text: string
      readonly value: number
      readonly start: number
      readonly end: number
    }
  | { readonly kind: 'name' | 'symbol' | 'end'; readonly text: string; readonly start: number; readonly end: number }

/** The longest first: `=~` before `=`. */
const SYMBOLS = ['==', '!=', '<=', '>=', '=~', '!~', '&&', '||', '**', '<<', '>>', '??']
/** A name in the notation of gval, SPR's own library: letters, digits and `_`. */
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\r\n]+/y

/** @throws RuleError with the place of what cannot be read */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const fits = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0]
  }
  while (at < source.length) {
    const start = at
    const blank = fits(BLANK)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const quote = source.charAt(at)
    if (quote === '"' || quote === "'" || quote === '`') {
      const { value, end } = readText(source, at)
      tokens.push({ kind: 'text', text: source.slice(at, end), value, start, end })
      at = end
      continue
    }
    const name = fits(NAME)
    const number = name === undefined ? fits(NUMBER) : undefined
    const text = name ?? number ?? SYMBOLS.find(symbol => source.startsWith(symbol, at)) ?? quote
    at += text.length
    const place = { text, start, end: at }
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), ...place })
    else tokens.push({ kind: name === undefined ? 'symbol' : 'name', ...place })
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at })
  return tokens
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '/': '/'
}
const CODE_UNIT = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}/y

/** Go's and RFC 9535's escapes; between backquotes there are none. */
function readText(source: string, start: number): { value: string; end: number } {
  const quote = source.charAt(start)
  let value = ''
  let at = start + 1
  for (; source.charAt(at) !== quote; at++) {
    const character = source.charAt(at)
    if (character === '') {
      throw errorAt('RULE_INVALID', `the text has no end: ${quote} is missing`, source, { start, end: source.length })
    }
    if (character !== '\\' || quote === '`') {
      value += character
      continue
    }
    at++
    CODE_UNIT.lastIndex = at
    const code = CODE_UNIT.exec(source)?.[0]
    const plain = ESCAPES[source.charAt(at)]
    if (code !== undefined) {
      value += String.fromCharCode(Number.parseInt(code.slice(1), 16))
      at += code.length - 1
    } else if (plain !== undefined) value += plain
    else {
      const problem = 'there is no such escape; in a regular expression write two backslashes for one'
      throw errorAt('RULE_INVALID', problem, source, { start: at - 1, end: at + 1 })
    }
  }
  return { value, end: at + 1 }
}
