import type { Network } from './address.js'
import { parseNetwork } from './address.js'
import type { Checker } from './check.js'
import type { Expression } from './expression.js'
import { lowerAscii } from './fields/define.js'
import type { SourceRange } from './source-text.js'
import { quoted } from './source-text.js'

const MAC = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i

/** A text next to a field of some notation, as that field spells it. Anything else stays as it is. */
export function literalFor(checker: Checker, next: Expression, literal: Expression, range: SourceRange): Expression {
  if (literal.op !== 'literal' || typeof literal.value !== 'string' || next.op !== 'field') return literal
  const { value } = literal
  switch (next.field.notation) {
    case 'mac':
      if (!MAC.test(value)) {
        throw checker.error('FILTER_TYPE', `${quoted(value)} is no MAC address; for a part of one use glob()`, range)
      }
      return { ...literal, value: lowerAscii(value).replaceAll('-', ':') }
    case 'name':
      return { ...literal, value: lowerAscii(value) }
    default:
      return literal
  }
}

/** A text that is part of one is only put in the same case. */
export function partFor(next: Expression, literal: Expression): Expression {
  if (literal.op !== 'literal' || typeof literal.value !== 'string' || next.op !== 'field') return literal
  return next.field.notation === undefined ? literal : { ...literal, value: lowerAscii(literal.value) }
}

/** One address, for `==` and `in`. */
export function networkFor(checker: Checker, text: string, range: SourceRange): Network {
  if (text.includes('/')) {
    throw checker.error('FILTER_TYPE', `${quoted(text)} is no single address; for a network use inCidr()`, range)
  }
  return cidrFor(checker, text, range)
}

/** One address or network, for `inCidr`. */
export function cidrFor(checker: Checker, text: string, range: SourceRange): Network {
  const network = parseNetwork(text)
  if (network !== undefined) return network
  const isOctal = /(?:^|\.)0[0-9]/.test(text)
  const advice = isOctal ? '; leave out the leading zeros, which some read as octal' : ''
  throw checker.error('FILTER_TYPE', `${quoted(text)} is no IP address or network${advice}`, range)
}
