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
  /** A rule file that cannot be used; what is wrong stands in {@link RuleError.problems}. */
  | 'RULE_INVALID'

/** Where in a text a {@link RuleError} was found. */
export interface RuleErrorPosition {
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/** One thing wrong in a rule file. */
export interface RuleProblem {
  /** The file, or whatever the text was said to come from. */
  readonly file: string
  /** From 1; absent where the text does not tell. */
  readonly line?: number
  /** Where in the file, such as `[2].Conditions.DstPort`; empty for all of it. */
  readonly path: string
  readonly message: string
}

/** What a {@link RuleError} was about, besides its code. */
export interface RuleErrorContext {
  readonly position?: RuleErrorPosition
  readonly problems?: readonly RuleProblem[]
  readonly cause?: unknown
}

// By registered symbol, so that `instanceof` also holds between two copies of this package in one process.
const brand = Symbol.for('@packet-logs/rules/RuleError')

/** The one error of this package about what people write: filters and rules. Its message is safe to print on a terminal. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: RuleErrorCode
  /** Of a filter: where in its text. */
  readonly position: RuleErrorPosition | undefined
  /** Of a rule file: everything that is wrong in it. */
  readonly problems: readonly RuleProblem[]

  /** @internal */
  constructor(code: RuleErrorCode, message: string, context: RuleErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.position = context.position
    this.problems = context.problems ?? []
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for a RuleError of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
