import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { fieldKeys, ITEM, jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'

const NAME = 'SCTP'
const HEADER_BYTES = 12
const CHUNK_HEADER_BYTES = 4
const SCTP = jsonNames(NAME, {
  contents: 'Contents',
  payload: 'Payload',
  sourcePort: 'SrcPort',
  destinationPort: 'DstPort',
  verificationTag: 'VerificationTag',
  checksum: 'Checksum',
  chunks: 'Chunks'
})
const CHUNK = fieldKeys({ type: 'Type', flags: 'Flags', length: 'Length' })

/** One chunk, as its header describes it. */
export interface SctpChunk {
  /** 0 data, 1 init, 2 init ack, 3 selective ack, 4 and 5 heartbeat, 6 abort, 7 shutdown, 9 error, … */
  readonly type: number
  readonly flags: number
  /** Bytes with the chunk's header, without padding. */
  readonly length: number
  readonly value: Uint8Array
}

/** In JSON as `SCTP`. */
export interface SctpInfo {
  Contents: string
  Payload: string
  SrcPort: number
  DstPort: number
  VerificationTag: number
  Checksum: number
  Chunks?: { Type: number; Flags: number; Length: number }[]
}

/** RFC 9260: the common header, and which chunks follow. */
export class Sctp extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = SCTP
  /** Offset behind the last chunk that is whole. */
  chunksEnd = 0

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    const available = end - start
    if (available < HEADER_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 12`)
    this.usable = true
    this.headerEnd = start + HEADER_BYTES
    this.chunksEnd = this.headerEnd
    while (this.chunksEnd < end) {
      const at = this.chunksEnd
      const left = end - at
      if (left < CHUNK_HEADER_BYTES) return truncated(NAME, at, `a chunk is cut after ${left} bytes`)
      const length = bytes.u16(at + 2)
      if (length < CHUNK_HEADER_BYTES) return malformed(NAME, at + 2, `chunk length ${length} is less than 4`)
      if (length > left) return truncated(NAME, at, `chunk of ${length} bytes is cut after ${left}`)
      this.chunksEnd = Math.min(at + padded(length), end)
    }
    return undefined
  }

  get sourcePort(): number {
    return this.bytes.u16(this.start)
  }

  get destinationPort(): number {
    return this.bytes.u16(this.start + 2)
  }

  get verificationTag(): number {
    return this.bytes.u32(this.start + 4)
  }

  get checksum(): number {
    return this.bytes.u32(this.start + 8)
  }

  get chunks(): readonly SctpChunk[] {
    const { bytes } = this
    const chunks: SctpChunk[] = []
    for (let at = this.headerEnd; at < this.chunksEnd; ) {
      const length = bytes.u16(at + 2)
      const value = bytes.view(at + CHUNK_HEADER_BYTES, at + length)
      chunks.push({ type: bytes.u8(at), flags: bytes.u8(at + 1), length, value })
      at += padded(length)
    }
    return chunks
  }

  override writeFields(out: FieldWriter): void {
    const { bytes } = this
    const { fields } = SCTP
    out.raw(fields.contents, this.start, this.headerEnd)
    out.raw(fields.payload, this.headerEnd, this.end)
    out.uint(fields.sourcePort, this.sourcePort)
    out.uint(fields.destinationPort, this.destinationPort)
    out.uint(fields.verificationTag, this.verificationTag)
    out.uint(fields.checksum, this.checksum)
    if (out.isBrief) return
    out.beginList(fields.chunks)
    for (let at = this.headerEnd; at < this.chunksEnd; ) {
      const length = bytes.u16(at + 2)
      out.beginObject(ITEM)
      out.uint(CHUNK.type, bytes.u8(at))
      out.uint(CHUNK.flags, bytes.u8(at + 1))
      out.uint(CHUNK.length, length)
      out.endObject()
      at += padded(length)
    }
    out.endList()
  }
}

/** Chunks start at multiples of four bytes. */
function padded(length: number): number {
  return (length + 3) & ~3
}

export const sctp: Protocol = { name: NAME, create: () => new Sctp(), ipv4Protocols: [132], ipv6Headers: [132] }
