import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'

const NAME = 'ICMPv4'
const HEADER_BYTES = 8
const UNREACHABLE = 3
const FRAGMENTATION_NEEDED = 4
const REDIRECT = 5
const PARAMETER_PROBLEM = 12

/** RFC 792. Bytes 4 to 7 mean what the type says; a getter for another type gives `undefined`. */
export class Icmpv4 extends Layer {
  readonly name: string = NAME

  protected decode(): DecodeError | undefined {
    const available = this.end - this.start
    if (available < HEADER_BYTES) return truncated(NAME, this.start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = this.start + HEADER_BYTES
    return undefined
  }

  override announce(found: FoundLayers): void {
    found.icmpv4 = this
  }

  get type(): number {
    return this.bytes.u8(this.start)
  }

  get code(): number {
    return this.bytes.u8(this.start + 1)
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 2)
  }

  /** Echo, timestamp, information and address-mask messages carry an identifier. */
  get hasId(): boolean {
    const type = this.type
    return type === 0 || type === 8 || (type >= 13 && type <= 18)
  }

  get id(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 4) : undefined
  }

  get seq(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 6) : undefined
  }

  /** Where a redirect points. */
  get gateway(): string | undefined {
    return this.type === REDIRECT ? formatIpv4(this.bytes, this.start + 4) : undefined
  }

  /** Next-hop MTU of "fragmentation needed" (RFC 1191); 0 from routers that do not tell. */
  get mtu(): number | undefined {
    return this.type === UNREACHABLE && this.code === FRAGMENTATION_NEEDED ? this.bytes.u16(this.start + 6) : undefined
  }

  /** Offset of the byte a parameter problem complains about. */
  get pointer(): number | undefined {
    return this.type === PARAMETER_PROBLEM ? this.bytes.u8(this.start + 4) : undefined
  }
}

export const icmpv4: Protocol = { name: NAME, create: () => new Icmpv4(), ipv4Protocols: [1] }
