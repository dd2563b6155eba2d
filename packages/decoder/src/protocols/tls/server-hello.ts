import { HelloMessage } from './hello-message.js'

const SUPPORTED_VERSIONS = 43
const ALPN = 16

/** What a TLS server chose (RFC 8446 section 4.1.3). */
export class ServerHello extends HelloMessage {
  #cipherAt = -1

  protected override readAfterSessionId(at: number): number {
    this.#cipherAt = -1
    if (!this.has(at, 3, 'the chosen cipher suite')) return -1
    this.#cipherAt = at
    return at + 3
  }

  /** The cipher suite chosen. */
  get cipher(): number | undefined {
    return this.#cipherAt < 0 ? undefined : this.bytes.u16(this.#cipherAt)
  }

  /** The version chosen, such as 0x0303 for TLS 1.2; undefined where the message is cut before it is settled. */
  get version(): number | undefined {
    const extension = this.find(SUPPORTED_VERSIONS)
    if (extension === undefined) return this.isWhole ? this.legacyVersion : undefined
    return extension.end - extension.start < 2 ? undefined : this.bytes.u16(extension.start)
  }

  /** The application protocol chosen, if the server said it in the clear (before TLS 1.3). */
  get alpn(): string | undefined {
    const extension = this.find(ALPN)
    if (extension === undefined || extension.end - extension.start < 3) return undefined
    return this.text(
      extension.start + 3,
      Math.min(extension.end, extension.start + 3 + this.bytes.u8(extension.start + 2))
    )
  }
}
