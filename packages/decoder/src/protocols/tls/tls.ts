import { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { malformed } from '../../errors.js'
import type { FieldWriter } from '../../formats/field-writer.js'
import type { JsonNames } from '../../formats/json-names.js'
import { ITEM, jsonNames } from '../../formats/json-names.js'
import { Layer } from '../../layer.js'
import type { Protocol } from '../../registry.js'
import { ClientHello } from './client-hello.js'
import { ServerHello } from './server-hello.js'

const NAME = 'TLS'
const RECORD_HEADER_BYTES = 5
const MESSAGE_HEADER_BYTES = 4
const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_HELLO = 2
/** RFC 8446 section 5.2: the plain text of a record is no longer than that. */
const MAX_RECORD_BYTES = 16_384

const JSON_NAMES = jsonNames(NAME, {
  handshakeType: 'HandshakeType',
  version: 'Version',
  serverName: 'SNI',
  alpn: 'ALPN',
  supportedVersions: 'Versions',
  cipher: 'Cipher',
  ja4: 'JA4',
  isPartial: 'Partial'
})

/** A TLS hello in events. */
export interface TlsInfo {
  /** 1 client, 2 server. */
  HandshakeType: number
  /** Highest offered, or chosen; 772 for TLS 1.3. */
  Version?: number
  SNI?: string
  ALPN?: string[]
  Versions?: number[]
  Cipher?: number
  JA4?: string
  /** The hello goes on in another segment, or is malformed. */
  Partial?: true
}

/**
 * The hello that opens a TLS connection (RFC 8446), at the start of a TCP segment. Streams are not followed: of a hello
 * that goes on in another segment the layer has what is in this one, and says so in {@link isPartial}.
 */
export class Tls extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = JSON_NAMES
  readonly #clientHello = new ClientHello()
  readonly #serverHello = new ServerHello()
  readonly #joined = new ByteReader()

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    if (!isHello(bytes, start, end)) return malformed(NAME, start, 'no hello starts here')
    this.usable = true
    const messageStart = start + RECORD_HEADER_BYTES
    const recordEnd = messageStart + bytes.u16(start + 3)
    this.headerEnd = Math.min(recordEnd, end)
    const hello = this.#isClientHello ? this.#clientHello : this.#serverHello
    const bodyStart = messageStart + MESSAGE_HEADER_BYTES
    const bodyEnd = bodyStart + bytes.u24(messageStart + 1)
    const isInFirstRecord = bodyStart <= recordEnd && bodyEnd <= recordEnd
    if (isInFirstRecord || recordEnd >= end) return hello.read(bytes, bodyStart, this.headerEnd, bodyEnd)

    // A hello in several records: rare, but a way to hide a name from whoever reads the first one only.
    const joined = this.#joined
    joined.reset(this.#joinRecords())
    const at = MESSAGE_HEADER_BYTES
    const declaredEnd = joined.length < at ? Number.POSITIVE_INFINITY : at + joined.u24(1)
    const error = hello.read(joined, at, joined.length, declaredEnd)
    return error && { ...error, offset: start }
  }

  /** The handshake bytes of the records in this segment. */
  #joinRecords(): Uint8Array {
    const { bytes, start, end } = this
    const joined = new Uint8Array(end - start)
    let length = 0
    for (let at = start; at + RECORD_HEADER_BYTES <= end && bytes.u8(at) === HANDSHAKE; ) {
      const from = at + RECORD_HEADER_BYTES
      at = from + bytes.u16(at + 3)
      const part = bytes.view(from, Math.min(at, end))
      joined.set(part, length)
      length += part.length
      this.headerEnd = Math.min(at, end)
    }
    return joined.subarray(0, length)
  }

  /** 1 for a client's hello, 2 for a server's. */
  get handshakeType(): number {
    return this.bytes.u8(this.start + RECORD_HEADER_BYTES)
  }

  get #isClientHello(): boolean {
    return this.handshakeType === CLIENT_HELLO
  }

  /** What the client asks for. */
  get clientHello(): ClientHello | undefined {
    return this.#isClientHello ? this.#clientHello : undefined
  }

  /** What the server chose. */
  get serverHello(): ServerHello | undefined {
    return this.#isClientHello ? undefined : this.#serverHello
  }

  /** The host name the client wants to reach (SNI). */
  get serverName(): string | undefined {
    return this.clientHello?.serverName
  }

  /** Application protocols the client offers, or the one the server chose. */
  get alpn(): readonly string[] {
    if (this.#isClientHello) return this.#clientHello.alpn
    const { alpn } = this.#serverHello
    return alpn === undefined ? [] : [alpn]
  }

  /** The highest version the client offers, or the one the server chose; 0x0304 for TLS 1.3. Undefined where the cut hides it. */
  get version(): number | undefined {
    return this.#isClientHello ? this.#clientHello.version : this.#serverHello.version
  }

  /** The client's JA4 fingerprint; undefined for a server's hello and for one that is not whole. */
  get ja4(): string | undefined {
    return this.clientHello?.ja4('t')
  }

  /** Whether the hello goes on in another segment, or is malformed. */
  get isPartial(): boolean {
    return !(this.#isClientHello ? this.#clientHello : this.#serverHello).isWhole
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = JSON_NAMES
    out.uint(fields.handshakeType, this.handshakeType)
    out.uint(fields.version, this.version)
    out.text(fields.serverName, this.serverName)
    const { alpn } = this
    if (alpn.length > 0) {
      out.beginList(fields.alpn)
      for (const protocol of alpn) out.text(ITEM, protocol)
      out.endList()
    }
    const versions = this.clientHello?.supportedVersions ?? []
    if (versions.length > 0) {
      out.beginList(fields.supportedVersions)
      for (const version of versions) out.uint(ITEM, version)
      out.endList()
    }
    out.uint(fields.cipher, this.serverHello?.cipher)
    out.text(fields.ja4, this.ja4)
    if (this.isPartial) out.boolean(fields.isPartial, true)
  }
}

/** Whether a record of TLS starts at `start` and a hello in it: five bytes that say so, and a sixth if it is there. */
function isHello(bytes: ByteReader, start: number, end: number): boolean {
  if (end - start < RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES) return false
  const type = bytes.u8(start + RECORD_HEADER_BYTES)
  const recordBytes = bytes.u16(start + 3)
  return (
    bytes.u8(start) === HANDSHAKE &&
    bytes.u8(start + 1) === 3 &&
    bytes.u8(start + 2) <= 4 &&
    recordBytes > 0 &&
    recordBytes <= MAX_RECORD_BYTES &&
    (type === CLIENT_HELLO || type === SERVER_HELLO) &&
    // A hello of more than 64 KiB is none; nor is one of another major version.
    (recordBytes < 2 || bytes.u8(start + 6) === 0) &&
    (recordBytes < 5 || end - start < 10 || bytes.u8(start + 9) === 3)
  )
}

export const tls: Protocol = { name: NAME, create: () => new Tls(), tcpProbe: isHello }
