/** What went wrong, as a code that stays the same over releases. */
export type NflogErrorCode =
  | 'NFLOG_PERMISSION'
  | 'NFLOG_GROUP_IN_USE'
  | 'NFLOG_UNSUPPORTED_PLATFORM'
  | 'NFLOG_ADDON_MISSING'
  | 'NFLOG_CLOSED'
  | 'NFLOG_IO'

/** What is known about a failed system call. */
export interface NflogErrorContext {
  /** The call that failed, such as `send`. */
  syscall?: string
  /** The kernel's error number, positive. */
  errno?: number
  /** Name of that number, such as `EPERM`. */
  osCode?: string
  /** The log group it was about. */
  group?: number
}

const brand = Symbol.for('@packet-logs/nflog-native/NflogError')

/** The one error class of this package; match on `code`. The message ends with what to do. */
export class NflogError extends Error {
  override readonly name = 'NflogError'
  readonly code: NflogErrorCode
  readonly syscall?: string
  readonly errno?: number
  readonly osCode?: string
  readonly group?: number

  constructor(code: NflogErrorCode, message: string, options: ErrorOptions & NflogErrorContext = {}) {
    const { cause, ...context } = options
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    Object.assign(this, context)
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for errors of any copy of this package that is loaded. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
