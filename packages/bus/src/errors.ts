/** Why a bus operation failed; match on this, never on the message. */
export type BusErrorCode =
  | 'BUS_CONNECT'
  | 'BUS_CLOSED'
  | 'BUS_FRAME_TOO_LARGE'
  | 'BUS_FULL'
  | 'BUS_LISTEN'
  | 'BUS_REFUSED'
  | 'BUS_SLOW_CONSUMER'
  | 'BUS_SOCKET_IN_USE'

/** What a {@link BusError} was about, besides its code. */
export interface BusErrorContext {
  /** The unix socket concerned. */
  path?: string
  /** The topic or prefix concerned. */
  topic?: string
  /** The error underneath, usually the operating system's. */
  cause?: unknown
}

// By registered symbol, so that `instanceof` also holds between two copies of this package in one process.
const brand = Symbol.for('@packet-logs/bus/BusError')

/** Every failure this package reports, except wrong arguments (`TypeError`, `RangeError`) and aborts (`signal.reason`). */
export class BusError extends Error {
  override readonly name = 'BusError'
  /** Why, from a closed set. */
  readonly code: BusErrorCode
  /** The unix socket concerned, if any. */
  readonly path: string | undefined
  /** The topic or prefix concerned, if any. */
  readonly topic: string | undefined

  /** @internal */
  constructor(code: BusErrorCode, message: string, context: BusErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.path = context.path
    this.topic = context.topic
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}

/** The operating system's error code (`ENOENT`), if there is one. */
export function osCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
