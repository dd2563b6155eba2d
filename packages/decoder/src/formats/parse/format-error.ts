/** Why a text is not taken for an event: too long, no JSON, or JSON of another shape. */
export type FormatErrorCode = 'FORMAT_TOO_LONG' | 'FORMAT_SYNTAX' | 'FORMAT_SHAPE'

const BRAND = Symbol.for('@packet-logs/decoder/FormatError')

/** A text that is no event of the format it was taken for. */
export class FormatError extends Error {
  readonly code: FormatErrorCode
  /** Place of what is wrong, keys and indexes joined by dots, such as `IP.SrcIP`; empty for the text as a whole. */
  readonly path: string

  constructor(code: FormatErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FormatError'
    this.code = code
    this.path = path
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True across copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}
