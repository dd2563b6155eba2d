/** Why a `packet-logs nft …` command failed. */
export type NftErrorCode =
  | 'NFT_NOT_FOUND'
  | 'NFT_PERMISSION'
  | 'NFT_NAMESPACE'
  | 'NFT_REJECTED'
  | 'NFT_OUTPUT'
  | 'NFT_CHANGED'
  | 'NFT_VERIFY'
  | 'NFT_UNDO_FILE'
  | 'NFT_PROFILE'

export interface NftErrorOptions extends ErrorOptions {
  /** What nft printed on standard error. */
  stderr?: string
  /** How nft exited, when it ran. */
  exitCode?: number
}

const brand = Symbol.for('@packet-logs/cli/NftError')

/** Thrown by everything that reads or changes the nft ruleset; match on `code`. */
export class NftError extends Error {
  override readonly name = 'NftError'
  readonly code: NftErrorCode
  readonly stderr?: string
  readonly exitCode?: number

  constructor(code: NftErrorCode, message: string, options: NftErrorOptions = {}) {
    super(message, options)
    this.code = code
    if (options.stderr !== undefined) this.stderr = options.stderr
    if (options.exitCode !== undefined) this.exitCode = options.exitCode
    Object.defineProperty(this, brand, { value: true })
  }

  /** Survives two copies of this package in one process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
