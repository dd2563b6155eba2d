/** Why a spool cannot be used. */
export type SpoolErrorCode = 'SPOOL_IN_USE' | 'SPOOL_UNUSABLE'

const brand = Symbol.for('@packet-logs/client-influxdb/SpoolError')

/** A directory that cannot be this exporter's spool. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError'
  readonly code: SpoolErrorCode

  /** @internal */
  constructor(code: SpoolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
