import type { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { isGrease } from './grease.js'
import { HelloMessage } from './hello-message.js'
import type { Ja4Transport } from './ja4.js'
import { ja4 } from './ja4.js'

const Extension = { SERVER_NAME: 0, SIGNATURE_ALGORITHMS: 13, ALPN: 16, SUPPORTED_VERSIONS: 43 } as const
const HOST_NAME = 0

/** What a TLS client asks for (RFC 8446 section 4.1.2). Of a hello that is cut, what was read before the cut. */
export class ClientHello extends HelloMessage {
  #ciphersStart = 0
  #ciphersEnd = 0

  /** @param declaredEnd where the message ends by its own length; beyond `end` when the rest is in other packets. */
  override read(bytes: ByteReader, start: number, end: number, declaredEnd: number): DecodeError | undefined {
    this.#ciphersStart = 0
    this.#ciphersEnd = 0
    return super.read(bytes, start, end, declaredEnd)
  }

  protected override readAfterSessionId(at: number): number {
    const ciphersEnd = this.sizedEnd(at, 2, 'the list of cipher suites')
    if (ciphersEnd < 0) return -1
    this.#ciphersStart = at + 2
    this.#ciphersEnd = ciphersEnd
    return this.sizedEnd(ciphersEnd, 1, 'the list of compression methods')
  }

  /** Cipher suites offered, GREASE included, in the client's order. */
  get ciphers(): readonly number[] {
    return this.numbers(this.#ciphersStart, this.#ciphersEnd)
  }

  /** The host name the client wants to reach (SNI). */
  get serverName(): string | undefined {
    const { bytes } = this
    const extension = this.find(Extension.SERVER_NAME)
    if (extension === undefined) return undefined
    for (let at = extension.start + 2; at + 3 <= extension.end; ) {
      const end = at + 3 + bytes.u16(at + 1)
      if (end > extension.end) return undefined
      if (bytes.u8(at) === HOST_NAME) return this.text(at + 3, end)
      at = end
    }
    return undefined
  }

  /** Application protocols offered (ALPN), such as `h2`. */
  get alpn(): readonly string[] {
    return this.#alpnRanges().map(({ start, end }) => this.text(start, end))
  }

  /** Versions offered in the extension of TLS 1.3, GREASE left out; empty for older clients. */
  get supportedVersions(): readonly number[] {
    const extension = this.find(Extension.SUPPORTED_VERSIONS)
    if (extension === undefined || extension.end === extension.start) return []
    const end = Math.min(extension.end, extension.start + 1 + this.bytes.u8(extension.start))
    return this.numbers(extension.start + 1, end).filter(version => !isGrease(version))
  }

  /** The highest version offered, such as 0x0304 for TLS 1.3; undefined where the message is cut before it is settled. */
  get version(): number | undefined {
    const highest = this.supportedVersions.reduce((most, version) => Math.max(most, version), 0)
    if (highest > 0) return highest
    return this.isWhole ? this.legacyVersion : undefined
  }

  get signatureAlgorithms(): readonly number[] {
    const extension = this.find(Extension.SIGNATURE_ALGORITHMS)
    if (extension === undefined || extension.end - extension.start < 2) return []
    const end = Math.min(extension.end, extension.start + 2 + this.bytes.u16(extension.start))
    return this.numbers(extension.start + 2, end)
  }

  /** The client's JA4 fingerprint; undefined for a hello that is not whole. */
  ja4(transport: Ja4Transport): string | undefined {
    if (!this.isWhole) return undefined
    const [first] = this.#alpnRanges()
    return ja4(transport, {
      legacyVersion: this.legacyVersion ?? 0,
      supportedVersions: this.supportedVersions,
      ciphers: this.ciphers,
      extensions: this.extensions.map(({ type }) => type),
      signatureAlgorithms: this.signatureAlgorithms,
      firstAlpn: first && this.bytes.view(first.start, first.end)
    })
  }

  #alpnRanges(): { start: number; end: number }[] {
    const { bytes } = this
    const extension = this.find(Extension.ALPN)
    const ranges: { start: number; end: number }[] = []
    if (extension === undefined) return ranges
    for (let at = extension.start + 2; at < extension.end; ) {
      const end = at + 1 + bytes.u8(at)
      if (end > extension.end) break
      ranges.push({ start: at + 1, end })
      at = end
    }
    return ranges
  }
}
