import type { SourceRange } from '../../filter/source-text.js'

/** A condition as it was written: a path or an expression. */
export type Expression =
  | ({ readonly kind: 'literal'; readonly value: string | number | boolean } & SourceRange)
  | ({ readonly kind: 'list'; readonly items: readonly Expression[] } & SourceRange)
  | ({ readonly kind: 'path'; readonly from: '$' | '@'; readonly segments: readonly Segment[] } & SourceRange)
  | ({ readonly kind: 'unary'; readonly operator: '!' | '-' | '~'; readonly operand: Expression } & SourceRange)
  | ({
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    } & SourceRange)
  | ({ readonly kind: 'call'; readonly name: string; readonly operands: readonly Expression[] } & SourceRange)

export interface Segment {
  /** Whether it looks at everything below, `..`. */
  readonly isDescent: boolean
  readonly selectors: readonly Selector[]
}

export type Selector =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly bounds: readonly (number | undefined)[] }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly condition: Expression }

export type BinaryOperator = keyof typeof PRECEDENCE

/** How close operators bind, as in gval. */
export const PRECEDENCE = {
  '||': 20,
  '&&': 21,
  '==': 40,
  '!=': 40,
  '<': 40,
  '<=': 40,
  '>': 40,
  '>=': 40,
  '=~': 40,
  '!~': 40,
  in: 40,
  '^': 60,
  '&': 60,
  '|': 60,
  '<<': 90,
  '>>': 90,
  '+': 120,
  '-': 120,
  '*': 150,
  '/': 150,
  '%': 150,
  '**': 200
} as const

/** Whether a path leads to one value at most; another gives a list. */
export function isSingular(segments: readonly Segment[]): boolean {
  return segments.every(({ isDescent, selectors: [selector, ...others] }) => {
    return !isDescent && others.length === 0 && (selector?.kind === 'key' || selector?.kind === 'index')
  })
}
