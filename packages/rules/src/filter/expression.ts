import type { Network } from './address.js'
import type { Field } from './fields/field.js'
import type { Pattern } from './pattern.js'
import type { Type } from './value.js'

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type TextTest = 'startsWith' | 'endsWith' | 'contains' | 'glob'
export type Conversion = 'int' | 'string' | 'lowerAscii' | 'size'
export type Quantifier = 'all' | 'exists' | 'exists_one'

/** A filter that was checked: every name known, every type fitting. */
export type Expression =
  | { readonly op: 'literal'; readonly type: Type; readonly value: boolean | number | string | null }
  | { readonly op: 'field'; readonly type: Type; readonly field: Field }
  /** The whole value of an event of another program. */
  | { readonly op: 'event'; readonly type: 'dyn' }
  /** What a quantifier goes through. */
  | { readonly op: 'variable'; readonly type: Type; readonly slot: number }
  | { readonly op: 'select'; readonly type: 'dyn'; readonly from: Expression; readonly key: string }
  | { readonly op: 'index'; readonly type: Type; readonly from: Expression; readonly index: Expression }
  | { readonly op: 'list'; readonly type: Type; readonly items: readonly Expression[] }
  | { readonly op: 'has'; readonly type: 'bool'; readonly of: Expression }
  | { readonly op: 'not'; readonly type: 'bool'; readonly of: Expression }
  | { readonly op: 'negate'; readonly type: Type; readonly of: Expression }
  | { readonly op: 'and' | 'or'; readonly type: 'bool'; readonly of: readonly Expression[] }
  | {
      readonly op: 'choose'
      readonly type: Type
      readonly condition: Expression
      readonly yes: Expression
      readonly no: Expression
    }
  | {
      readonly op: 'compare'
      readonly type: 'bool'
      readonly comparison: Comparison
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly op: 'arithmetic'
      readonly type: Type
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    }
  /** Equal to one of several constants. */
  | {
      readonly op: 'oneOf'
      readonly type: 'bool'
      readonly of: Expression
      readonly values: ReadonlySet<boolean | number | string>
    }
  | { readonly op: 'in'; readonly type: 'bool'; readonly item: Expression; readonly list: Expression }
  /** An address within one of several networks. */
  | { readonly op: 'inNetworks'; readonly type: 'bool'; readonly of: Expression; readonly networks: readonly Network[] }
  | {
      readonly op: 'inRange'
      readonly type: 'bool'
      readonly of: Expression
      readonly from: Expression
      readonly to: Expression
    }
  | {
      readonly op: 'text'
      readonly type: 'bool'
      readonly test: TextTest
      readonly of: Expression
      readonly wanted: Expression
    }
  | { readonly op: 'matches'; readonly type: 'bool'; readonly of: Expression; readonly pattern: Pattern }
  | { readonly op: 'convert'; readonly type: Type; readonly conversion: Conversion; readonly of: Expression }
  | {
      readonly op: 'quantify'
      readonly type: 'bool'
      readonly quantifier: Quantifier
      readonly list: Expression
      readonly slot: number
      readonly body: Expression
    }
