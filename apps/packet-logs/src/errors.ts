/** Why the daemon could not start. */
export type DaemonErrorCode = 'DAEMON_CONFIG_UNREADABLE' | 'DAEMON_CONFIG_INVALID'

const brand = Symbol.for('@packet-logs/daemon/DaemonError')

/** Thrown for a configuration that cannot be used; match on `code`. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError'
  readonly code: DaemonErrorCode

  constructor(code: DaemonErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
