import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol, Registry } from '../registry.js'
import { formatMac } from '../text/mac-address.js'

/** Ethernet inside something else, as GRE names it. */
export const ETHER_TYPE_BRIDGED = 0x6558

const NAME = 'Ethernet'
const HEADER_BYTES = 14
/** Smaller numbers are the length of an IEEE 802.3 frame. */
const FIRST_ETHER_TYPE = 0x600
const LINK = jsonNames('Link', { source: 'SrcMAC', destination: 'DstMAC', etherType: 'EtherType' })

/** In JSON as `Link`. */
export interface LinkInfo {
  SrcMAC: string
  DstMAC: string
  EtherType: number
}

/** IEEE 802.3, Ethernet II framing. */
export class Ethernet extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = LINK

  protected decode(): DecodeError | undefined {
    const { start } = this
    const available = this.end - start
    if (available < HEADER_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 14`)
    this.usable = true
    this.headerEnd = start + HEADER_BYTES
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return this.etherType < FIRST_ETHER_TYPE ? undefined : registry.afterEtherType(this.etherType)
  }

  get destination(): string {
    return formatMac(this.bytes, this.start)
  }

  get source(): string {
    return formatMac(this.bytes, this.start + 6)
  }

  /** What follows; below 0x600 the length of an IEEE 802.3 frame. */
  get etherType(): number {
    return this.bytes.u16(this.start + 12)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = LINK
    out.mac(fields.source, this.start + 6)
    out.mac(fields.destination, this.start)
    out.uint(fields.etherType, this.etherType)
  }
}

export const ethernet: Protocol = {
  name: NAME,
  create: () => new Ethernet(),
  etherTypes: [ETHER_TYPE_BRIDGED],
  leadsToIp: true
}
