import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'
import { DHCP_DETAILS, writeDhcpDetails } from './dhcpv4-details.js'
import { Dhcpv4Options } from './dhcpv4-options.js'

const NAME = 'DHCPv4'
const FIXED_BYTES = 240
const MAGIC_COOKIE = 0x63825363
export const PAD = 0
const END = 255
const HARDWARE_ADDRESS_START = 28

/** One DHCP option; a pad has length 0 and no data. */
export interface DhcpOption {
  readonly type: number
  readonly length: number
  readonly data?: Uint8Array
}

/** RFC 2131. */
export class Dhcpv4 extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = DHCP_DETAILS
  /** What the options say, by their meaning. */
  readonly meaning: Dhcpv4Options = new Dhcpv4Options()
  /** Offset behind the last option before the end option. */
  optionsEnd = 0

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    const available = end - start
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 240`)
    if (bytes.u32(start + 236) !== MAGIC_COOKIE) return malformed(NAME, start + 236, 'the magic cookie is missing')
    this.headerEnd = end
    this.optionsEnd = start + FIXED_BYTES
    this.meaning.reset(bytes, start, end)
    // SPR adds the length in eight bits: past 227 it wraps and the event is lost there.
    if (this.hardwareAddressEnd < start + HARDWARE_ADDRESS_START || this.hardwareAddressEnd > bytes.length) {
      return malformed(NAME, start + 2, `hardware address length ${this.hardwareLength} leaves the message`)
    }
    this.usable = true
    while (this.optionsEnd < end) {
      const at = this.optionsEnd
      const type = bytes.u8(at)
      if (type === END) return undefined
      if (type === PAD) {
        this.optionsEnd = at + 1
        continue
      }
      const left = end - at
      if (left < 2) return truncated(NAME, at, `option ${type} is cut before its length`)
      const length = bytes.u8(at + 1)
      if (length > left - 2) return truncated(NAME, at, `option ${type} of ${length} bytes is cut`)
      this.optionsEnd = at + 2 + length
    }
    return undefined
  }

  override announce(found: FoundLayers): void {
    found.dhcpv4 = this
  }

  override writeFields(out: FieldWriter): void {
    writeDhcpDetails(out, this, this.bytes)
  }

  /** 1 request, 2 reply. */
  get operation(): number {
    return this.bytes.u8(this.start)
  }

  get hardwareType(): number {
    return this.bytes.u8(this.start + 1)
  }

  get hardwareLength(): number {
    return this.bytes.u8(this.start + 2)
  }

  get relayHops(): number {
    return this.bytes.u8(this.start + 3)
  }

  get transactionId(): number {
    return this.bytes.u32(this.start + 4)
  }

  get seconds(): number {
    return this.bytes.u16(this.start + 8)
  }

  get flags(): number {
    return this.bytes.u16(this.start + 10)
  }

  get clientIp(): string {
    return formatIpv4(this.bytes, this.start + 12)
  }

  get yourIp(): string {
    return formatIpv4(this.bytes, this.start + 16)
  }

  get serverIp(): string {
    return formatIpv4(this.bytes, this.start + 20)
  }

  get relayIp(): string {
    return formatIpv4(this.bytes, this.start + 24)
  }

  get hardwareAddressEnd(): number {
    return this.start + ((HARDWARE_ADDRESS_START + this.hardwareLength) & 0xff)
  }

  get hardwareAddress(): Uint8Array {
    return this.bytes.view(this.start + HARDWARE_ADDRESS_START, this.hardwareAddressEnd)
  }

  get serverName(): Uint8Array {
    return this.bytes.view(this.start + 44, this.start + 108)
  }

  get file(): Uint8Array {
    return this.bytes.view(this.start + 108, this.start + 236)
  }

  get optionsStart(): number {
    return this.start + FIXED_BYTES
  }

  /** Every option before the end option, pads included. */
  get options(): readonly DhcpOption[] {
    const { bytes } = this
    const options: DhcpOption[] = []
    for (let at = this.optionsStart; at < this.optionsEnd; ) {
      const type = bytes.u8(at)
      if (type === PAD) {
        options.push({ type, length: 0 })
        at += 1
        continue
      }
      const length = bytes.u8(at + 1)
      options.push({ type, length, data: bytes.view(at + 2, at + 2 + length) })
      at += 2 + length
    }
    return options
  }
}

export const dhcpv4: Protocol = { name: NAME, create: () => new Dhcpv4() }
