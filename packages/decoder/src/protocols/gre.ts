import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol, Registry } from '../registry.js'

const NAME = 'GRE'
const FIXED_BYTES = 4
const CHECKSUM_PRESENT = 0x8000
const ROUTING_PRESENT = 0x4000
const KEY_PRESENT = 0x2000
const SEQUENCE_PRESENT = 0x1000
/** Of version 1 only, the one PPTP uses (RFC 2637). */
const ACK_PRESENT = 0x0080
const GRE = jsonNames(NAME, {
  contents: 'Contents',
  payload: 'Payload',
  flags: 'Flags',
  version: 'Version',
  protocol: 'Protocol',
  checksum: 'Checksum',
  key: 'Key',
  seq: 'Seq',
  ack: 'Ack'
})

/** In JSON as `GRE`; what the tunnel carries is under `Inner`. */
export interface GreInfo {
  Contents: string
  Payload: string
  Flags: number
  Version: number
  /** EtherType of what is carried. */
  Protocol: number
  Checksum?: number
  Key?: number
  Seq?: number
  Ack?: number
}

/** RFC 2784 with key and sequence number (RFC 2890), and PPTP's version 1 (RFC 2637). */
export class Gre extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = GRE

  protected decode(): DecodeError | undefined {
    const { start } = this
    const available = this.end - start
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 4`)
    this.usable = true
    this.opensInner = true
    this.headerEnd = start + FIXED_BYTES
    if (this.version > 1) return malformed(NAME, start + 1, `version ${this.version} is neither 0 nor 1`)
    // RFC 2784 section 2.3 has receivers discard what still uses RFC 1701's source routes.
    if (this.#has(ROUTING_PRESENT)) return malformed(NAME, start, 'source routes are no longer part of the protocol')
    const size = this.#size
    if (size > available) {
      this.headerEnd = this.end
      return truncated(NAME, this.end, `header of ${size} bytes is cut after ${available}`)
    }
    this.headerEnd = start + size
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return registry.afterEtherType(this.protocol)
  }

  /** The upper 13 bits of the header: 0x8000 checksum, 0x2000 key, 0x1000 sequence number, … */
  get flags(): number {
    return this.bytes.u16(this.start) & 0xfff8
  }

  get version(): number {
    return this.bytes.u8(this.start + 1) & 0x07
  }

  /** EtherType of what is carried. */
  get protocol(): number {
    return this.bytes.u16(this.start + 2)
  }

  get checksum(): number | undefined {
    return this.#has(CHECKSUM_PRESENT) ? this.#u16(FIXED_BYTES) : undefined
  }

  /** Of version 1: payload length and call id. */
  get key(): number | undefined {
    return this.#has(KEY_PRESENT) ? this.#u32(this.#keyOffset) : undefined
  }

  get seq(): number | undefined {
    return this.#has(SEQUENCE_PRESENT) ? this.#u32(this.#keyOffset + this.#bytesIf(KEY_PRESENT)) : undefined
  }

  get ack(): number | undefined {
    if (!this.#hasAck) return undefined
    return this.#u32(this.#keyOffset + this.#bytesIf(KEY_PRESENT) + this.#bytesIf(SEQUENCE_PRESENT))
  }

  get #keyOffset(): number {
    return FIXED_BYTES + this.#bytesIf(CHECKSUM_PRESENT)
  }

  get #size(): number {
    return this.#keyOffset + this.#bytesIf(KEY_PRESENT) + this.#bytesIf(SEQUENCE_PRESENT) + (this.#hasAck ? 4 : 0)
  }

  get #hasAck(): boolean {
    return this.version === 1 && this.#has(ACK_PRESENT)
  }

  #has(flag: number): boolean {
    return (this.bytes.u16(this.start) & flag) !== 0
  }

  #bytesIf(flag: number): number {
    return this.#has(flag) ? 4 : 0
  }

  #u16(offset: number): number | undefined {
    return this.start + offset + 2 <= this.headerEnd ? this.bytes.u16(this.start + offset) : undefined
  }

  #u32(offset: number): number | undefined {
    return this.start + offset + 4 <= this.headerEnd ? this.bytes.u32(this.start + offset) : undefined
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = GRE
    out.raw(fields.contents, this.start, this.headerEnd)
    out.raw(fields.payload, this.headerEnd, this.end)
    out.uint(fields.flags, this.flags)
    out.uint(fields.version, this.version)
    out.uint(fields.protocol, this.protocol)
    out.uint(fields.checksum, this.checksum)
    out.uint(fields.key, this.key)
    out.uint(fields.seq, this.seq)
    out.uint(fields.ack, this.ack)
  }
}

export const gre: Protocol = {
  name: NAME,
  create: () => new Gre(),
  ipv4Protocols: [47],
  ipv6Headers: [47],
  leadsToIp: true
}
