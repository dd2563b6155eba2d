import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol } from '../registry.js'
import { formatIpv6 } from '../text/ip-address.js'

const NAME = 'ICMPv6'
/** Every message of RFC 4443, 4861 and 2710 has four more bytes behind type, code and checksum. */
const HEADER_BYTES = 8
const PACKET_TOO_BIG = 2
const PARAMETER_PROBLEM = 4
const ECHO_REQUEST = 128
const ECHO_REPLY = 129
const NEIGHBOR_SOLICITATION = 135
const REDIRECT = 137

/** RFC 4443 and, for the target of neighbour discovery, RFC 4861. */
export class Icmpv6 extends Layer {
  readonly name: string = NAME

  protected decode(): DecodeError | undefined {
    const available = this.end - this.start
    if (available < HEADER_BYTES) return truncated(NAME, this.start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = this.start + HEADER_BYTES
    if (this.isNeighborMessage && available < HEADER_BYTES + 16) {
      return truncated(NAME, this.headerEnd, 'the target address is cut')
    }
    return undefined
  }

  override announce(found: FoundLayers): void {
    found.icmpv6 = this
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

  get hasId(): boolean {
    return this.type === ECHO_REQUEST || this.type === ECHO_REPLY
  }

  get id(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 4) : undefined
  }

  get seq(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 6) : undefined
  }

  /** What "packet too big" allows. */
  get mtu(): number | undefined {
    return this.type === PACKET_TOO_BIG ? this.bytes.u32(this.start + 4) : undefined
  }

  /** Offset of the byte a parameter problem complains about. */
  get pointer(): number | undefined {
    return this.type === PARAMETER_PROBLEM ? this.bytes.u32(this.start + 4) : undefined
  }

  /** Neighbour solicitation and advertisement, and redirect, name a target address. */
  get isNeighborMessage(): boolean {
    return this.type >= NEIGHBOR_SOLICITATION && this.type <= REDIRECT
  }

  /** Offset of the 16 bytes of the target address, 0 when there is none. */
  get targetStart(): number {
    return this.isNeighborMessage && this.end - this.headerEnd >= 16 ? this.headerEnd : 0
  }

  get target(): string | undefined {
    const at = this.targetStart
    return at === 0 ? undefined : formatIpv6(this.bytes, at)
  }
}

export const icmpv6: Protocol = { name: NAME, create: () => new Icmpv6(), ipv6Headers: [58] }
