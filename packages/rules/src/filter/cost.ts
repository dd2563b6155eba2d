import type { Expression } from './expression.js'
import {
  MAX_EVENT_ITEMS,
  MAX_LIST_ITEMS,
  MAX_PATTERN_INSTRUCTIONS,
  MAX_PATTERN_SEARCHES,
  SEARCH_COST
} from './limits.js'
import type { Pattern } from './pattern.js'

/** What a filter may cost at most for one event, whatever the event; bounded by `MAX_COST`. */
export function costOf(expression: Expression): number {
  switch (expression.op) {
    case 'literal':
    case 'field':
    case 'event':
    case 'variable':
      return 1
    case 'select':
      return 1 + costOf(expression.from)
    case 'index':
      return 1 + costOf(expression.from) + costOf(expression.index)
    case 'list':
      return 1 + sum(expression.items)
    case 'has':
    case 'not':
    case 'negate':
      return 1 + costOf(expression.of)
    case 'and':
    case 'or':
      return 1 + sum(expression.of)
    case 'choose':
      return 1 + costOf(expression.condition) + costOf(expression.yes) + costOf(expression.no)
    case 'compare':
    case 'arithmetic':
      return (expression.left.type === 'int' ? 1 : 5) + costOf(expression.left) + costOf(expression.right)
    case 'oneOf':
      return 2 + costOf(expression.of)
    case 'in':
      return MAX_LIST_ITEMS / 10 + costOf(expression.item) + costOf(expression.list)
    case 'inNetworks':
      return 5 + expression.networks.length + costOf(expression.of)
    case 'inRange':
      return 1 + costOf(expression.of) + costOf(expression.from) + costOf(expression.to)
    case 'text':
      return SEARCH_COST + costOf(expression.of) + costOf(expression.wanted)
    case 'matches':
      return SEARCH_COST * (1 + searchesOf(expression.pattern)) + costOf(expression.of)
    case 'convert': {
      // Those two go through all of a text.
      const isLong = expression.conversion === 'size' || expression.conversion === 'lowerAscii'
      return (isLong ? SEARCH_COST : SEARCH_COST / 10) + costOf(expression.of)
    }
    case 'quantify': {
      const { list } = expression
      const items = list.op === 'list' ? list.items.length : MAX_EVENT_ITEMS
      return 1 + costOf(list) + items * costOf(expression.body)
    }
  }
}

function searchesOf({ instructions }: Pattern): number {
  return (MAX_PATTERN_SEARCHES * instructions) / MAX_PATTERN_INSTRUCTIONS
}

function sum(expressions: readonly Expression[]): number {
  return expressions.reduce((total, expression) => total + costOf(expression), 0)
}
