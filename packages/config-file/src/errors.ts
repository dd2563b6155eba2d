/** Why a file could not be used. */
export type ConfigErrorCode = 'CONFIG_UNREADABLE' | 'CONFIG_INVALID'

/** One thing wrong in a file. */
export interface ConfigProblem {
  /** The file, or whatever the text was said to come from. */
  name: string
  /** Line of the value, or of what should hold it, from 1; absent where there is none, as in an empty file. */
  line?: number
  /** Path of the field, such as `groups[1].group`; empty for the whole file. */
  field: string
  message: string
}

const brand = Symbol.for('@packet-logs/config-file/ConfigError')

/** Thrown for a file that cannot be used; match on `code`. The message has a line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  /** Everything that is wrong, in the file's order where it is known; empty for a file that cannot be read. */
  readonly problems: readonly ConfigProblem[]

  constructor(code: ConfigErrorCode, message: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.problems = problems
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for a ConfigError of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
