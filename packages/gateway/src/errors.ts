/** Why the gateway cannot do what it was asked to; match on this, never on the message. */
export type GatewayErrorCode =
  | 'GATEWAY_BUS_SILENT'
  | 'GATEWAY_CLOSED'
  | 'GATEWAY_LISTEN'
  | 'GATEWAY_NO_REPLAY'
  | 'GATEWAY_SOCKET_IN_USE'
  | 'GATEWAY_TLS'
  | 'GATEWAY_TOKENS'

/** What a {@link GatewayError} was about, besides its code. */
export interface GatewayErrorContext {
  /** The socket or file concerned. */
  path?: string
  /** The error underneath, usually the operating system's. */
  cause?: unknown
}

// By registered symbol, so that `instanceof` also holds between two copies of this package in one process.
const brand = Symbol.for('@packet-logs/gateway/GatewayError')

/** Every failure this package reports, except wrong arguments (`TypeError`, `RangeError`). */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  /** Why, from a closed set. */
  readonly code: GatewayErrorCode
  /** The socket or file concerned, if any. */
  readonly path: string | undefined

  /** @internal */
  constructor(code: GatewayErrorCode, message: string, context: GatewayErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.path = context.path
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
