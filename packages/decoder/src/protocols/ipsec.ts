import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import type { Unread } from '../layer.js'
import { Layer } from '../layer.js'
import type { Protocol, Registry } from '../registry.js'

const ESP_NAME = 'ESP'
const ESP_BYTES = 8
const ESP = jsonNames(ESP_NAME, { spi: 'SPI', seq: 'Seq' })

const AH_NAME = 'AH'
const AH_BYTES = 12
const AH = jsonNames(AH_NAME, { nextHeader: 'NextHeader', spi: 'SPI', seq: 'Seq', icv: 'ICV' })

/** In JSON as `ESP`. */
export interface EspInfo {
  SPI: number
  Seq: number
}

/** In JSON as `AH`; what it authenticates is under `Inner`. */
export interface AhInfo {
  NextHeader: number
  SPI: number
  Seq: number
  ICV: string
}

/** RFC 4303: what follows is encrypted, so nothing behind it is read. */
export class Esp extends Layer {
  readonly name: string = ESP_NAME
  override readonly json: JsonNames = ESP

  protected decode(): DecodeError | undefined {
    const { start } = this
    const available = this.end - start
    if (available < ESP_BYTES) return truncated(ESP_NAME, start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = start + ESP_BYTES
    return undefined
  }

  override get unread(): Unread | undefined {
    return 'encrypted'
  }

  /** Security parameters index: names the association together with the destination. */
  get spi(): number {
    return this.bytes.u32(this.start)
  }

  get seq(): number {
    return this.bytes.u32(this.start + 4)
  }

  override writeFields(out: FieldWriter): void {
    out.uint(ESP.fields.spi, this.spi)
    out.uint(ESP.fields.seq, this.seq)
  }
}

/** RFC 4302, behind IPv4; in IPv6 it is an extension header. */
export class Ah extends Layer {
  readonly name: string = AH_NAME
  override readonly json: JsonNames = AH

  protected decode(): DecodeError | undefined {
    const { bytes, start } = this
    const available = this.end - start
    if (available < AH_BYTES) return truncated(AH_NAME, start, `${available} bytes are too few for a header of 12`)
    this.usable = true
    this.opensInner = true
    this.headerEnd = start + AH_BYTES
    const size = (bytes.u8(start + 1) + 2) * 4
    if (size < AH_BYTES) return malformed(AH_NAME, start + 1, `header length ${size} is less than 12`)
    if (size > available) return truncated(AH_NAME, this.end, `header of ${size} bytes is cut after ${available}`)
    this.headerEnd = start + size
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return registry.afterIpv4(this.nextHeader)
  }

  get nextHeader(): number {
    return this.bytes.u8(this.start)
  }

  get spi(): number {
    return this.bytes.u32(this.start + 4)
  }

  get seq(): number {
    return this.bytes.u32(this.start + 8)
  }

  /** Integrity check value. */
  get icv(): Uint8Array {
    return this.bytes.view(this.start + AH_BYTES, this.headerEnd)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = AH
    out.uint(fields.nextHeader, this.nextHeader)
    out.uint(fields.spi, this.spi)
    out.uint(fields.seq, this.seq)
    out.base64(fields.icv, this.start + AH_BYTES, this.headerEnd)
  }
}

export const esp: Protocol = { name: ESP_NAME, create: () => new Esp(), ipv4Protocols: [50], ipv6Headers: [50] }
export const ah: Protocol = { name: AH_NAME, create: () => new Ah(), ipv4Protocols: [51], leadsToIp: true }
