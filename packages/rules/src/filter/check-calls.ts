import type { ASTNode } from '@marcbachmann/cel-js'
import type { Network } from './address.js'
import type { Checker } from './check.js'
import { isNumeric } from './check.js'
import type { Conversion, Expression, Quantifier, TextTest } from './expression.js'
import { MAX_PATTERN_CHARACTERS } from './limits.js'
import { nearestName } from './nearest-name.js'
import { cidrFor, partFor } from './notation.js'
import { CostlyPatternError, compilePattern } from './pattern.js'
import { quoted } from './source-text.js'
import { typeName } from './value.js'

/** A function of the filter language. */
export interface FilterFunction {
  readonly name: string
  /** As people write it. */
  readonly usage: string
  readonly meaning: string
  readonly parameters: readonly [least: number, most: number]
  check(checker: Checker, node: ASTNode, parameters: readonly ASTNode[]): Expression
}

function textTest(test: TextTest, usage: string, meaning: string): FilterFunction {
  return {
    name: test,
    usage,
    meaning,
    parameters: [2, 2],
    check(checker, _node, [of, wanted]) {
      const text = checked(checker, of)
      checker.expect(text.expression, 'string', text.node)
      const pattern = checked(checker, wanted)
      checker.expect(pattern.expression, 'string', pattern.node)
      const { expression } = pattern
      if (expression.op === 'literal' && String(expression.value).length > MAX_PATTERN_CHARACTERS) {
        throw checker.error('FILTER_LIMIT', `this text may have ${MAX_PATTERN_CHARACTERS} characters`, pattern.node)
      }
      const spelled = partFor(text.expression, expression)
      return { op: 'text', type: 'bool', test, of: text.expression, wanted: spelled }
    }
  }
}

function conversion(name: Conversion, meaning: string): FilterFunction {
  return {
    name,
    usage: `${name}(x)`,
    meaning,
    parameters: [1, 1],
    check(checker, node, [of]) {
      const { expression } = checked(checker, of)
      const { type } = expression
      const isText = type === 'string' || type === 'dyn'
      const takes = {
        int: isText || isNumeric(type),
        string: type === 'bool' || isText || isNumeric(type),
        lowerAscii: isText,
        size: isText || typeof type === 'object'
      }
      if (!takes[name]) throw checker.error('FILTER_TYPE', `${name}() does not take a ${typeName(type)}`, node)
      const gives = name === 'int' || name === 'size' ? 'int' : 'string'
      return { op: 'convert', type: gives, conversion: name, of: expression }
    }
  }
}

function quantifier(name: Quantifier, meaning: string): FilterFunction {
  return {
    name,
    usage: `list.${name}(x, condition of x)`,
    meaning,
    parameters: [3, 3],
    check(checker, _node, [of, variable, condition]) {
      const { expression: list, node } = checked(checker, of)
      if (list.type !== 'dyn' && typeof list.type !== 'object') {
        throw checker.error('FILTER_TYPE', `a ${typeName(list.type)} is no list`, node)
      }
      const type = list.type === 'dyn' ? 'dyn' : list.type.list
      const { slot, body } = checker.withVariable(required(variable), type, required(condition))
      return { op: 'quantify', type: 'bool', quantifier: name, list, slot, body }
    }
  }
}

/** Every function, in the order of the documentation. */
export const functions: ReadonlyMap<string, FilterFunction> = new Map(
  [
    {
      name: 'has',
      usage: 'has(src.port)',
      meaning: 'whether the field is there',
      parameters: [1, 1],
      check(checker, node, [of]) {
        const { expression } = checked(checker, of)
        if (expression.op !== 'field' && expression.op !== 'select' && expression.op !== 'event') {
          throw checker.error('FILTER_TYPE', 'has() asks for a field, such as has(src.port)', node)
        }
        return { op: 'has', type: 'bool', of: expression }
      }
    } satisfies FilterFunction,
    {
      name: 'inCidr',
      usage: 'inCidr(src.ip, "10.0.0.0/8")',
      meaning: 'whether an address is in a network, or in one of a list of networks, `["10.0.0.0/8", "fd00::/8"]`',
      parameters: [2, 2],
      check(checker, _node, [address, networks]) {
        const of = checked(checker, address)
        checker.expect(of.expression, 'string', of.node)
        return { op: 'inNetworks', type: 'bool', of: of.expression, networks: writtenNetworks(checker, networks) }
      }
    } satisfies FilterFunction,
    {
      name: 'inRange',
      usage: 'inRange(dst.port, 1000, 2000)',
      meaning: 'whether a number lies between two others or is one of them',
      parameters: [3, 3],
      check(checker, _node, parameters) {
        const [of, from, to] = parameters.map(node => {
          const expression = checker.check(node)
          if (!isNumeric(expression.type)) checker.expect(expression, 'int', node)
          return expression
        })
        return { op: 'inRange', type: 'bool', of: required(of), from: required(from), to: required(to) }
      }
    } satisfies FilterFunction,
    textTest(
      'glob',
      'glob(dns.name, "*.example.org")',
      '`*` stands for any run of characters, dots included, `?` for one'
    ),
    textTest('startsWith', 'topic.startsWith("nft:drop:")', 'how the text begins'),
    textTest('endsWith', 'dns.name.endsWith(".local")', 'how it ends'),
    textTest('contains', 'prefix.contains("geo")', 'what is somewhere in it'),
    {
      name: 'matches',
      usage: 'dns.name.matches("^ads?[0-9]*\\\\.")',
      meaning: 'whether a part of the text fits a regular expression, in the syntax of RE2',
      parameters: [2, 2],
      check(checker, _node, [of, pattern]) {
        const text = checked(checker, of)
        checker.expect(text.expression, 'string', text.node)
        const { expression, node } = checked(checker, pattern)
        if (expression.op !== 'literal' || typeof expression.value !== 'string') {
          throw checker.error('FILTER_TYPE', 'a regular expression must be written out, in quotes', node)
        }
        const { value } = expression
        if (value.length > MAX_PATTERN_CHARACTERS) {
          throw checker.error(
            'FILTER_LIMIT',
            `a regular expression may have ${MAX_PATTERN_CHARACTERS} characters`,
            node
          )
        }
        try {
          return { op: 'matches', type: 'bool', of: text.expression, pattern: compilePattern(value) }
        } catch (cause) {
          if (cause instanceof CostlyPatternError) throw checker.error('FILTER_LIMIT', cause.message, node, { cause })
          const reason = cause instanceof Error ? cause.message : String(cause)
          throw checker.error('FILTER_SYNTAX', `this is no regular expression: ${reason.slice(0, 200)}`, node, {
            cause
          })
        }
      }
    } satisfies FilterFunction,
    quantifier('exists', 'true for at least one'),
    quantifier('all', 'true for every one'),
    quantifier('exists_one', 'true for exactly one'),
    conversion('size', 'characters of a text, items of a list'),
    conversion('lowerAscii', 'the text with `A` to `Z` in lower case'),
    conversion('int', 'the number that a text holds, or the whole part of a decimal number'),
    conversion('string', 'the text of a number')
  ].map(one => [one.name, one])
)

/** CEL has these, and people will try them. */
const MISSING: ReadonlyMap<string, string> = new Map([
  ['map', 'lists are not rebuilt: use exists or all'],
  ['filter', 'lists are not rebuilt: use exists or all'],
  ['bind', 'there are no names to bind: write the expression twice']
])

export function checkCall(checker: Checker, node: ASTNode, name: string, parameters: readonly ASTNode[]): Expression {
  const called = functions.get(name)
  if (called === undefined) {
    const nearest = nearestName(name, functions.keys())
    const advice =
      MISSING.get(name) ??
      (nearest === undefined ? `there are ${[...functions.keys()].join(', ')}` : `did you mean ${nearest}?`)
    throw checker.error('FILTER_UNKNOWN_NAME', `there is no function ${quoted(name)}; ${advice}`, node)
  }
  const [least, most] = called.parameters
  if (parameters.length < least || parameters.length > most) {
    throw checker.error('FILTER_TYPE', `${name}() is written ${called.usage}`, node)
  }
  return called.check(checker, node, parameters)
}

function checked(checker: Checker, node: ASTNode | undefined): { node: ASTNode; expression: Expression } {
  const present = required(node)
  return { node: present, expression: checker.check(present) }
}

/** The number of parameters was checked before. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a parameter is missing')
  return value
}

function writtenNetworks(checker: Checker, node: ASTNode | undefined): readonly Network[] {
  const { expression, node: at } = checked(checker, node)
  const items = expression.op === 'list' ? expression.items : [expression]
  return items.map((item, index) => {
    const range = at.op === 'list' ? (at.args[index] ?? at) : at
    if (item.op === 'literal' && typeof item.value === 'string') return cidrFor(checker, item.value, range)
    throw checker.error('FILTER_TYPE', 'a network must be written out, in quotes', range)
  })
}
