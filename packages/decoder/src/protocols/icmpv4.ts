import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { ITEM, jsonNames } from '../formats/json-names.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'
import type { EmbeddedInfo } from './icmp-header.js'
import { ICMP_FIELDS, IcmpHeader } from './icmp-header.js'
import { ETHER_TYPE_IPV4 } from './ipv4.js'

const NAME = 'ICMPv4'
const UNREACHABLE = 3
const FRAGMENTATION_NEEDED = 4
const SOURCE_QUENCH = 4
const REDIRECT = 5
const ROUTER_ADVERTISEMENT = 9
const TIME_EXCEEDED = 11
const PARAMETER_PROBLEM = 12
const TIMESTAMP_REQUEST = 13
const TIMESTAMP_REPLY = 14
const EXTENDED_ECHO_REQUEST = 42
const EXTENDED_ECHO_REPLY = 43
const ERRORS: ReadonlySet<number> = new Set([UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM])
/** Shorter quotes do not say how long they are (RFC 4884 section 5.5). */
const SHORTEST_STATED_QUOTE_BYTES = 128
const ICMPV4 = jsonNames(NAME, { ...ICMP_FIELDS, gateway: 'Gateway', routers: 'Routers' })

/** In JSON as `ICMPv4`; which of the optional keys there are depends on the type. */
export interface Icmpv4Info {
  Contents: string
  Payload: string
  Type: number
  Code: number
  Checksum: number
  Id?: number
  Seq?: number
  MTU?: number
  Pointer?: number
  Gateway?: string
  Routers?: string[]
  Embedded?: EmbeddedInfo
}

/** RFC 792. Bytes 4 to 7 mean what the type says; a getter for another type gives `undefined`. */
export class Icmpv4 extends IcmpHeader {
  readonly name: string = NAME
  override readonly json: JsonNames = ICMPV4
  protected readonly embeddedEtherType: number = ETHER_TYPE_IPV4

  override announce(found: FoundLayers): void {
    found.icmpv4 = this
  }

  /** Echo, timestamp, information and address-mask messages carry an identifier. */
  get hasId(): boolean {
    const { type } = this
    return type === 0 || type === 8 || (type >= TIMESTAMP_REQUEST && type <= 18) || this.#isExtendedEcho
  }

  /** Of an extended echo (RFC 8335) only eight bits. */
  override get seq(): number | undefined {
    return this.#isExtendedEcho ? this.bytes.u8(this.start + 6) : super.seq
  }

  /** Where a redirect points. */
  get gateway(): string | undefined {
    return this.type === REDIRECT ? formatIpv4(this.bytes, this.start + 4) : undefined
  }

  /** Next-hop MTU of "fragmentation needed" (RFC 1191); 0 from routers that do not tell. */
  get mtu(): number | undefined {
    return this.type === UNREACHABLE && this.code === FRAGMENTATION_NEEDED ? this.bytes.u16(this.start + 6) : undefined
  }

  get pointer(): number | undefined {
    return this.type === PARAMETER_PROBLEM ? this.bytes.u8(this.start + 4) : undefined
  }

  /** Of timestamp messages: when they were sent, received and answered, in milliseconds since midnight UTC. */
  get timesMs(): readonly [originate: number, receive: number, transmit: number] | undefined {
    const { bytes, headerEnd: at } = this
    if ((this.type !== TIMESTAMP_REQUEST && this.type !== TIMESTAMP_REPLY) || this.end - at < 12) return undefined
    return [bytes.u32(at), bytes.u32(at + 4), bytes.u32(at + 8)]
  }

  /** Of router advertisements (RFC 1256): the routers, as far as they are there. */
  get routers(): readonly string[] | undefined {
    if (this.type !== ROUTER_ADVERTISEMENT) return undefined
    return Array.from({ length: this.#routerCount }, (_, index) => formatIpv4(this.bytes, this.#routerStart(index)))
  }

  get #isExtendedEcho(): boolean {
    return this.type === EXTENDED_ECHO_REQUEST || this.type === EXTENDED_ECHO_REPLY
  }

  get #routerCount(): number {
    const { bytes, start } = this
    const entryBytes = bytes.u8(start + 5) * 4
    return entryBytes < 4 ? 0 : Math.min(bytes.u8(start + 4), Math.floor((this.end - this.headerEnd) / entryBytes))
  }

  #routerStart(index: number): number {
    return this.headerEnd + index * this.bytes.u8(this.start + 5) * 4
  }

  protected get embeddedRange(): readonly [start: number, end: number] | undefined {
    if (!ERRORS.has(this.type)) return undefined
    const stated = this.bytes.u8(this.start + 5) * 4
    const hasLength = this.type !== REDIRECT && this.type !== SOURCE_QUENCH && stated >= SHORTEST_STATED_QUOTE_BYTES
    return [this.headerEnd, hasLength ? Math.min(this.headerEnd + stated, this.end) : this.end]
  }

  override writeFields(out: FieldWriter): void {
    super.writeFields(out)
    const { fields } = ICMPV4
    if (this.type === REDIRECT) out.ipv4(fields.gateway, this.start + 4)
    if (this.type === ROUTER_ADVERTISEMENT && !out.isBrief) {
      out.beginList(fields.routers)
      for (const router of this.routers ?? []) out.text(ITEM, router)
      out.endList()
    }
    this.writeEmbedded(out)
  }
}

export const icmpv4: Protocol = { name: NAME, create: () => new Icmpv4(), ipv4Protocols: [1] }
