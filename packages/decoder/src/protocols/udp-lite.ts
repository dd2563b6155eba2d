import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'

const NAME = 'UDP-Lite'
const HEADER_BYTES = 8
const UDP_LITE = jsonNames('UDPLite', {
  contents: 'Contents',
  payload: 'Payload',
  sourcePort: 'SrcPort',
  destinationPort: 'DstPort',
  coverage: 'Coverage',
  checksum: 'Checksum'
})

/** In JSON as `UDPLite`. */
export interface UdpLiteInfo {
  Contents: string
  Payload: string
  SrcPort: number
  DstPort: number
  Coverage: number
  Checksum: number
}

/** RFC 3828: UDP whose length field says how much the checksum covers. */
export class UdpLite extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = UDP_LITE

  protected decode(): DecodeError | undefined {
    const { start } = this
    const available = this.end - start
    if (available < HEADER_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = start + HEADER_BYTES
    const { coverage } = this
    if (coverage !== 0 && coverage < HEADER_BYTES) {
      return malformed(NAME, start + 4, `the checksum covers ${coverage} bytes, less than the header`)
    }
    return undefined
  }

  get sourcePort(): number {
    return this.bytes.u16(this.start)
  }

  get destinationPort(): number {
    return this.bytes.u16(this.start + 2)
  }

  /** Bytes the checksum covers, from the header's first on; 0 means all. */
  get coverage(): number {
    return this.bytes.u16(this.start + 4)
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 6)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = UDP_LITE
    out.raw(fields.contents, this.start, this.headerEnd)
    out.raw(fields.payload, this.headerEnd, this.end)
    out.uint(fields.sourcePort, this.sourcePort)
    out.uint(fields.destinationPort, this.destinationPort)
    out.uint(fields.coverage, this.coverage)
    out.uint(fields.checksum, this.checksum)
  }
}

export const udpLite: Protocol = { name: NAME, create: () => new UdpLite(), ipv4Protocols: [136], ipv6Headers: [136] }
