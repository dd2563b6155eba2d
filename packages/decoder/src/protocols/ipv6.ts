import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol, Registry } from '../registry.js'
import { formatIpv6 } from '../text/ip-address.js'

export const ETHER_TYPE_IPV6 = 0x86dd

const NAME = 'IPv6'
const FIXED_BYTES = 40
const HOP_BY_HOP = 0
const ROUTING = 43
export const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION_OPTIONS = 60
const MOBILITY = 135
const HIP = 139
const SHIM6 = 140

/** One extension header. */
export interface Ipv6Extension {
  /** The header's own number: 0 hop-by-hop, 43 routing, 44 fragment, 51 authentication, 60 destination options, … */
  readonly type: number
  /** The whole header. */
  readonly data: Uint8Array
}

/** RFC 8200. The header's {@link contents} take in the extension headers; {@link protocol} is what follows them. */
export class Ipv6 extends Layer {
  readonly name: string = NAME
  /** Upper-layer protocol: the last next-header value. */
  protocol = 0
  /** Offset of the fragment header, 0 when there is none. */
  fragmentStart = 0

  protected decode(): DecodeError | undefined {
    const { bytes, start } = this
    const available = this.end - start
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 40`)
    if (this.version !== 6) return malformed(NAME, start, `version ${this.version} is not 6`)
    this.usable = true
    this.fragmentStart = 0
    // Length 0 is a jumbogram (RFC 2675) or a segment the card has yet to cut: the rest of the packet.
    const length = this.length
    if (length !== 0 && length < available - FIXED_BYTES) this.end = start + FIXED_BYTES + length
    this.headerEnd = start + FIXED_BYTES
    this.protocol = this.nextHeader
    while (isExtension(this.protocol) && this.headerEnd < this.end && !this.isFragment) {
      const at = this.headerEnd
      const left = this.end - at
      if (left < 8) return truncated(NAME, at, `extension header ${this.protocol} is cut after ${left} bytes`)
      const size = extensionLength(this.protocol, bytes.u8(at + 1))
      if (size > left) return truncated(NAME, at, `extension header ${this.protocol} of ${size} bytes is cut`)
      if (this.protocol === FRAGMENT) this.fragmentStart = at
      this.protocol = bytes.u8(at)
      this.headerEnd = at + size
    }
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return this.isFragment ? undefined : registry.afterIpv6(this.protocol)
  }

  override announce(found: FoundLayers): void {
    found.ipv6 = this
  }

  get version(): number {
    return this.bytes.u8(this.start) >> 4
  }

  get trafficClass(): number {
    return (this.bytes.u16(this.start) >> 4) & 0xff
  }

  get flowLabel(): number {
    return this.bytes.u24(this.start + 1) & 0xfffff
  }

  /** Payload length as the header states it, extension headers included. */
  get length(): number {
    return this.bytes.u16(this.start + 4)
  }

  get nextHeader(): number {
    return this.bytes.u8(this.start + 6)
  }

  get hopLimit(): number {
    return this.bytes.u8(this.start + 7)
  }

  get source(): string {
    return formatIpv6(this.bytes, this.start + 8)
  }

  get destination(): string {
    return formatIpv6(this.bytes, this.start + 24)
  }

  /** In units of eight bytes. */
  get fragmentOffset(): number {
    return this.fragmentStart === 0 ? 0 : this.bytes.u16(this.fragmentStart + 2) >> 3
  }

  get moreFragments(): boolean {
    return this.fragmentStart !== 0 && (this.bytes.u8(this.fragmentStart + 3) & 1) !== 0
  }

  get fragmentId(): number | undefined {
    return this.fragmentStart === 0 ? undefined : this.bytes.u32(this.fragmentStart + 4)
  }

  /** One piece of a larger packet, the first included; an atomic fragment (RFC 6946) is whole. */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0
  }

  get extensionsStart(): number {
    return this.start + FIXED_BYTES
  }

  get extensions(): readonly Ipv6Extension[] {
    const extensions: Ipv6Extension[] = []
    let type = this.nextHeader
    for (let at = this.extensionsStart; at < this.headerEnd; ) {
      const size = extensionLength(type, this.bytes.u8(at + 1))
      extensions.push({ type, data: this.bytes.view(at, at + size) })
      type = this.bytes.u8(at)
      at += size
    }
    return extensions
  }
}

function isExtension(header: number): boolean {
  switch (header) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true
    default:
      return false
  }
}

/** Bytes of an extension header whose second byte is `field`. */
export function extensionLength(header: number, field: number): number {
  if (header === FRAGMENT) return 8
  // RFC 4302 counts the authentication header in words of four bytes.
  return header === AUTHENTICATION ? (field + 2) * 4 : (field + 1) * 8
}

export const ipv6: Protocol = {
  name: NAME,
  create: () => new Ipv6(),
  etherTypes: [ETHER_TYPE_IPV6],
  ipv6Headers: [41],
  leadsToIp: true
}
