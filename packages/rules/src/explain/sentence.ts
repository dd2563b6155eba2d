import type { ASTNode } from '@marcbachmann/cel-js'
import { fields } from '../filter/fields/table.js'
import { printable } from '../filter/source-text.js'
import { clauseOf, nounOf } from './nouns.js'
import { written } from './written.js'

/** A filter that was checked, as a clause for people: `the destination port is 22`. Safe to print on a terminal. */
export function sentenceOf(node: ASTNode): string {
  return printable(clause(node, true))
}

function clause(node: ASTNode, isSo: boolean): string {
  switch (node.op) {
    case 'value':
      return node.args === isSo ? 'always' : 'never'
    case 'id':
    case '.': {
      const name = nameOf(node)
      return fields.get(name)?.type === 'bool' ? clauseOf(name, isSo) : `${nounFor(node)} is ${isSo}`
    }
    case '!_':
      return clause(node.args, !isSo)
    case '&&':
    case '||':
      return logic(node, isSo)
    case '==':
    case '!=':
      return equality(node.args, (node.op === '==') === isSo)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${nounFor(node.args[0])} is ${isSo ? '' : 'not '}${ORDERS[node.op]} ${nounFor(node.args[1])}`
    case 'in':
      return membership(node.args, isSo)
    case 'call':
      return call(node.args[0], node.args[1], isSo) ?? otherwise(node, isSo)
    case 'rcall':
      return call(node.args[0], [node.args[1], ...node.args[2]], isSo) ?? otherwise(node, isSo)
    default:
      return otherwise(node, isSo)
  }
}

const ORDERS = { '<': 'less than', '<=': 'at most', '>': 'more than', '>=': 'at least' } as const

/** What no sentence was made for stands as it was written. */
function otherwise(node: ASTNode, isSo: boolean): string {
  return `${written(node)} is ${isSo}`
}

function logic(node: ASTNode & { op: '&&' | '||' }, isSo: boolean): string {
  // "Not both" is "not the one or not the other".
  const word = (node.op === '&&') === isSo ? 'and' : 'or'
  const parts = operands(node, node.op).map(part => {
    const text = clause(part, isSo)
    const isMixed = part.op === '&&' || part.op === '||'
    return isMixed ? `(${text})` : text
  })
  return parts.join(word === 'and' ? ', and ' : ', or ')
}

/** A chain of one operator, in its order. */
export function operands(node: ASTNode, operator: '&&' | '||'): readonly ASTNode[] {
  const found: ASTNode[] = []
  let rest = node
  while (rest.op === operator) {
    found.unshift(rest.args[1])
    rest = rest.args[0]
  }
  return [rest, ...found]
}

function equality([left, right]: readonly [ASTNode, ASTNode], isEqual: boolean): string {
  const [of, value] = left.op === 'value' ? [right, left] : [left, right]
  if (value.op === 'value' && typeof value.args === 'boolean') return clause(of, value.args === isEqual)
  return `${nounFor(of)} is ${isEqual ? '' : 'not '}${nounFor(value)}`
}

function membership([item, list]: readonly [ASTNode, ASTNode], isSo: boolean): string {
  if (list.op !== 'list') return `${nounFor(item)} is ${isSo ? '' : 'not '}among ${nounFor(list)}`
  const values = list.args.map(nounFor)
  return values.length === 1
    ? `${nounFor(item)} is ${isSo ? '' : 'not '}${values.join('')}`
    : `${nounFor(item)} is ${isSo ? 'one' : 'none'} of ${values.join(', ')}`
}

function call(name: string, [of, first, second]: readonly ASTNode[], isSo: boolean): string | undefined {
  if (of === undefined) return undefined
  const noun = nounFor(of)
  if (name === 'has') return `${noun} is ${isSo ? 'there' : 'not there'}`
  if (first === undefined) return undefined
  const not = isSo ? '' : 'not '
  const does = isSo ? '' : 'does not '
  const verb = (plain: string, third: string): string => (isSo ? third : `${does}${plain}`)
  switch (name) {
    case 'inCidr': {
      const networks = first.op === 'list' ? first.args.map(bare) : [bare(first)]
      return `${noun} is ${not}in ${networks.join(' or ')}`
    }
    case 'inRange':
      return second === undefined ? undefined : `${noun} is ${not}from ${nounFor(first)} to ${nounFor(second)}`
    case 'glob':
      return `${noun} ${verb('look', 'looks')} like ${nounFor(first)}`
    case 'startsWith':
      return `${noun} ${verb('begin', 'begins')} with ${nounFor(first)}`
    case 'endsWith':
      return `${noun} ${verb('end', 'ends')} with ${nounFor(first)}`
    case 'contains':
      return `${noun} ${verb('contain', 'contains')} ${nounFor(first)}`
    case 'matches':
      return `${noun} ${verb('fit', 'fits')} the pattern ${nounFor(first)}`
    default:
      return undefined
  }
}

/** What a clause is about. */
function nounFor(node: ASTNode): string {
  switch (node.op) {
    case 'id':
    case '.': {
      const name = nameOf(node)
      return name.startsWith('event.') ? `the event's ${name.slice('event.'.length)}` : nounOf(name)
    }
    case 'call':
    case 'rcall': {
      const [name, of] = node.args
      const subject = Array.isArray(of) ? of[0] : of
      if (subject === undefined) return written(node)
      if (name === 'size') return `the size of ${nounFor(subject)}`
      return name === 'lowerAscii' || name === 'string' || name === 'int' ? nounFor(subject) : written(node)
    }
    default:
      return written(node)
  }
}

function bare(node: ASTNode): string {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : written(node)
}

/** A dotted name, or an expression as it is written. */
function nameOf(node: ASTNode): string {
  const path: string[] = []
  let root = node
  while (root.op === '.') {
    path.unshift(root.args[1])
    root = root.args[0]
  }
  return root.op === 'id' ? [root.args, ...path].join('.') : written(node)
}
