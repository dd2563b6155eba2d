import type { DecodeError } from '../../errors.js'
import { malformed } from '../../errors.js'
import type { FieldWriter } from '../../formats/field-writer.js'
import type { JsonNames } from '../../formats/json-names.js'
import { ITEM, jsonNames } from '../../formats/json-names.js'
import { Layer } from '../../layer.js'
import type { Protocol } from '../../registry.js'
import type { QuicPacketType } from './long-header.js'
import { LongHeader, startsWithLongHeader } from './long-header.js'

const NAME = 'QUIC'

const JSON_NAMES = jsonNames(NAME, {
  type: 'Type',
  version: 'Version',
  destinationId: 'DstConnectionID',
  sourceId: 'SrcConnectionID',
  tokenLength: 'TokenLength',
  supportedVersions: 'Versions'
})

/** A QUIC long header in events. */
export interface QuicInfo {
  Type: QuicPacketType
  Version: number
  /** Hexadecimal. */
  DstConnectionID: string
  SrcConnectionID: string
  TokenLength?: number
  Versions?: number[]
  /** From here on only with the protocol of `@packet-logs/decoder/quic`. */
  SNI?: string
  ALPN?: string[]
  JA4?: string
  Partial?: true
}

/**
 * The long header that opens a QUIC connection (RFC 9000, RFC 9369): the first packet of the datagram. What follows it
 * is encrypted; `@packet-logs/decoder/quic` reads the server's name from it.
 */
export class Quic extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = JSON_NAMES
  readonly #header = new LongHeader()

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    if (!startsWithLongHeader(bytes, start, end)) return malformed(NAME, start, 'no long header starts here')
    const error = this.#header.read(bytes, start, end)
    this.usable = true
    this.headerEnd = Math.min(end, Math.max(this.#header.numberStart, this.#header.sourceIdEnd))
    if (this.type === 'version-negotiation') this.headerEnd = end
    return error
  }

  get type(): QuicPacketType {
    return this.#header.type
  }

  /** 1, 0x6b3343cf for version 2, 0 where versions are negotiated. */
  get version(): number {
    return this.#header.version
  }

  get destinationConnectionId(): Uint8Array {
    return this.bytes.view(this.#header.destinationIdStart, this.#header.destinationIdEnd)
  }

  get sourceConnectionId(): Uint8Array {
    return this.bytes.view(this.#header.sourceIdStart, this.#header.sourceIdEnd)
  }

  /** Proof of address in an initial packet or a retry. */
  get token(): Uint8Array {
    return this.bytes.view(this.#header.tokenStart, this.#header.tokenEnd)
  }

  /** Versions a server offers where they are negotiated. */
  get supportedVersions(): readonly number[] {
    const versions: number[] = []
    if (this.type !== 'version-negotiation') return versions
    for (let at = this.#header.sourceIdEnd; at + 4 <= this.end; at += 4) versions.push(this.bytes.u32(at))
    return versions
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = JSON_NAMES
    const header = this.#header
    out.text(fields.type, header.type)
    out.uint(fields.version, header.version)
    out.hex(fields.destinationId, header.destinationIdStart, header.destinationIdEnd)
    out.hex(fields.sourceId, header.sourceIdStart, Math.max(header.sourceIdStart, header.sourceIdEnd))
    if (header.type === 'initial' || header.type === 'retry') {
      out.uint(fields.tokenLength, header.tokenEnd - header.tokenStart)
    }
    if (header.type === 'version-negotiation') {
      out.beginList(fields.supportedVersions)
      for (let at = header.sourceIdEnd; at + 4 <= this.end; at += 4) out.uint(ITEM, this.bytes.u32(at))
      out.endList()
    }
  }
}

export const quic: Protocol = { name: NAME, create: () => new Quic(), udpProbe: startsWithLongHeader }
