import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'
import { formatMac } from '../text/mac-address.js'
import { ETHER_TYPE_IPV4 } from './ipv4.js'

export const ETHER_TYPE_ARP = 0x0806

const NAME = 'ARP'
const FIXED_BYTES = 8
const MAC_BYTES = 6
const IPV4_BYTES = 4
const ARP = jsonNames(NAME, {
  contents: 'Contents',
  hardwareType: 'HwType',
  protocolType: 'ProtocolType',
  hardwareLength: 'HwLength',
  protocolLength: 'ProtocolLength',
  operation: 'Operation',
  senderMac: 'SrcMAC',
  senderIp: 'SrcIP',
  targetMac: 'DstMAC',
  targetIp: 'DstIP'
})

/** In JSON as `ARP`; addresses of other networks than Ethernet and IPv4 are left out. */
export interface ArpInfo {
  Contents: string
  HwType: number
  ProtocolType: number
  HwLength: number
  ProtocolLength: number
  /** 1 request, 2 reply. */
  Operation: number
  SrcMAC?: string
  SrcIP?: string
  DstMAC?: string
  DstIP?: string
}

/** RFC 826. */
export class Arp extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = ARP

  protected decode(): DecodeError | undefined {
    const { start } = this
    const available = this.end - start
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 8`)
    const size = FIXED_BYTES + 2 * (this.hardwareLength + this.protocolLength)
    if (size > available) return truncated(NAME, this.end, `message of ${size} bytes is cut after ${available}`)
    this.usable = true
    // What follows is Ethernet's padding.
    this.headerEnd = start + size
    this.end = this.headerEnd
    return undefined
  }

  /** 1 is Ethernet. */
  get hardwareType(): number {
    return this.bytes.u16(this.start)
  }

  /** EtherType of the addresses asked for. */
  get protocolType(): number {
    return this.bytes.u16(this.start + 2)
  }

  get hardwareLength(): number {
    return this.bytes.u8(this.start + 4)
  }

  get protocolLength(): number {
    return this.bytes.u8(this.start + 5)
  }

  /** 1 request, 2 reply, 3 and 4 reverse. */
  get operation(): number {
    return this.bytes.u16(this.start + 6)
  }

  get senderMac(): string | undefined {
    return this.#hasMac ? formatMac(this.bytes, this.#at(0)) : undefined
  }

  get senderIp(): string | undefined {
    return this.#hasIpv4 ? formatIpv4(this.bytes, this.#at(1)) : undefined
  }

  get targetMac(): string | undefined {
    return this.#hasMac ? formatMac(this.bytes, this.#at(2)) : undefined
  }

  get targetIp(): string | undefined {
    return this.#hasIpv4 ? formatIpv4(this.bytes, this.#at(3)) : undefined
  }

  get #hasMac(): boolean {
    return this.hardwareLength === MAC_BYTES
  }

  get #hasIpv4(): boolean {
    return this.protocolType === ETHER_TYPE_IPV4 && this.protocolLength === IPV4_BYTES
  }

  /** Offset of the first, second, third or fourth address. */
  #at(address: number): number {
    const { hardwareLength, protocolLength } = this
    return this.start + FIXED_BYTES + ((address + 1) >> 1) * hardwareLength + (address >> 1) * protocolLength
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = ARP
    out.raw(fields.contents, this.start, this.headerEnd)
    out.uint(fields.hardwareType, this.hardwareType)
    out.uint(fields.protocolType, this.protocolType)
    out.uint(fields.hardwareLength, this.hardwareLength)
    out.uint(fields.protocolLength, this.protocolLength)
    out.uint(fields.operation, this.operation)
    if (this.#hasMac) out.mac(fields.senderMac, this.#at(0))
    if (this.#hasIpv4) out.ipv4(fields.senderIp, this.#at(1))
    if (this.#hasMac) out.mac(fields.targetMac, this.#at(2))
    if (this.#hasIpv4) out.ipv4(fields.targetIp, this.#at(3))
  }
}

export const arp: Protocol = { name: NAME, create: () => new Arp(), etherTypes: [ETHER_TYPE_ARP] }
