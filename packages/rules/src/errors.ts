/** What is wrong with a filter or a rule file. Match on this, not on the message. */
export type RuleErrorCode =
  /** The text is not an expression. */
  | 'FILTER_SYNTAX'
  /** The expression compares or combines what does not go together, or uses what filters do not have. */
  | 'FILTER_TYPE'
  /** A field or function that does not exist. */
  | 'FILTER_UNKNOWN_NAME'
  /** The expression is longer, deeper or costlier than a filter may be. */
  | 'FILTER_LIMIT'

/** Where in a text a {@link RuleError} was found. */
export interface RuleErrorPosition {
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

// By registered symbol, so that `instanceof` also holds between two copies of this package in one process.
const brand = Symbol.for('@packet-logs/rules/RuleError')

/** The one error of this package about what people write: filters and rules. Its message is safe to print on a terminal. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: RuleErrorCode
  readonly position: RuleErrorPosition | undefined

  /** @internal */
  constructor(code: RuleErrorCode, message: string, position?: RuleErrorPosition, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.position = position
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for a RuleError of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
