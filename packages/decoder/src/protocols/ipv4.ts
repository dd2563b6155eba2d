import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { Unread } from '../layer.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol, Registry } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'
import type { HeaderOption } from './header-options.js'
import { END_OF_OPTIONS, listOptions, NO_OPERATION } from './header-options.js'
import type { Ipv4Option } from './ipv4-options.js'
import { parseIpv4Options } from './ipv4-options.js'

export const ETHER_TYPE_IPV4 = 0x0800

const NAME = 'IPv4'
const FIXED_BYTES = 20
const MORE_FRAGMENTS = 1
const PROTOCOL_IPV6 = 41

/** RFC 791. */
export class Ipv4 extends Layer {
  readonly name: string = NAME
  /** Total length; the captured length where the header says 0, as with segmentation offload. */
  length = 0
  /** Offset behind the last option, the end-of-list option included. */
  optionsEnd = 0
  /** Whether an end-of-list option was met: what follows it is padding. */
  hasPadding = false
  /** Whether an outer IPv4 header of this packet had options. */
  followsOptions = false

  /** @param asSpr reads the header whatever its version nibble says, and no fragment any further. */
  constructor(private readonly asSpr: boolean) {
    super()
  }

  /** As inherited, once more: engines are quick only where they meet few classes, and nearly every packet comes here. */
  override read(bytes: ByteReader, start: number, end: number): DecodeError | undefined {
    this.bytes = bytes
    this.start = start
    this.headerEnd = start
    this.end = end
    this.usable = false
    this.opensInner = false
    return this.decode()
  }

  protected decode(): DecodeError | undefined {
    const { bytes, start } = this
    const available = this.end - start
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 20`)
    if (!this.asSpr && this.version !== 4) return malformed(NAME, start, `version ${this.version} is not 4`)

    this.usable = true
    this.followsOptions = false
    this.hasPadding = false
    this.optionsEnd = start + FIXED_BYTES
    this.headerEnd = start + FIXED_BYTES
    const stated = bytes.u16(start + 2)
    this.length = stated === 0 ? available & 0xffff : stated
    const headerBytes = this.ihl * 4
    if (this.length < FIXED_BYTES) return malformed(NAME, start + 2, `length ${this.length} is less than 20`)
    if (headerBytes < FIXED_BYTES) return malformed(NAME, start, `header length ${this.ihl} is less than 5`)
    if (headerBytes > this.length) {
      return malformed(NAME, start, `header of ${headerBytes} bytes is longer than the packet's ${this.length}`)
    }
    if (headerBytes > available) {
      this.headerEnd = this.end
      return truncated(NAME, this.end, `header of ${headerBytes} bytes is cut after ${available}`)
    }
    this.headerEnd = start + headerBytes
    if (this.length < available) this.end = start + this.length
    return this.checkOptions()
  }

  private checkOptions(): DecodeError | undefined {
    const { bytes, headerEnd } = this
    while (this.optionsEnd < headerEnd) {
      const at = this.optionsEnd
      const type = bytes.u8(at)
      if (type === END_OF_OPTIONS) {
        this.optionsEnd = at + 1
        this.hasPadding = true
        return undefined
      }
      if (type === NO_OPERATION) {
        this.optionsEnd = at + 1
        continue
      }
      const left = headerEnd - at
      if (left < 2) return malformed(NAME, at, `option ${type} has no room for its length`)
      const length = bytes.u8(at + 1)
      if (length > left) return malformed(NAME, at, `option ${type} of ${length} bytes leaves the header`)
      // An option without data is legal by RFC 791, but SPR's decoder refuses it and readers rely on that.
      if (length <= 2) return malformed(NAME, at, `option ${type} has length ${length}, not more than 2`)
      this.optionsEnd = at + length
    }
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    if (this.asSpr ? this.isFragment : this.fragmentOffset !== 0) return undefined
    this.opensInner = this.isFragment || this.protocol === PROTOCOL_IPV6
    return registry.afterIpv4(this.protocol)
  }

  override announce(found: FoundLayers): void {
    const outer = found.ipv4
    this.followsOptions = outer !== undefined && (outer.hasOptions || outer.followsOptions)
    found.ipv4 = this
    found.ip = this
  }

  get version(): number {
    return this.bytes.u8(this.start) >> 4
  }

  /** Header length in words of four bytes. */
  get ihl(): number {
    return this.bytes.u8(this.start) & 0x0f
  }

  get tos(): number {
    return this.bytes.u8(this.start + 1)
  }

  get id(): number {
    return this.bytes.u16(this.start + 4)
  }

  /** Three bits: 4 reserved, 2 don't fragment, 1 more fragments. */
  get flags(): number {
    return this.bytes.u8(this.start + 6) >> 5
  }

  /** In units of eight bytes. */
  get fragmentOffset(): number {
    return this.bytes.u16(this.start + 6) & 0x1fff
  }

  /** Of a packet's later pieces nothing is read behind the header; of its first piece everything. */
  override get unread(): Unread | undefined {
    return this.fragmentOffset === 0 ? undefined : 'fragment'
  }

  /** One piece of a larger packet, the first included. */
  get isFragment(): boolean {
    return (this.flags & MORE_FRAGMENTS) !== 0 || this.fragmentOffset !== 0
  }

  get ttl(): number {
    return this.bytes.u8(this.start + 8)
  }

  get protocol(): number {
    return this.bytes.u8(this.start + 9)
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 10)
  }

  get source(): string {
    return formatIpv4(this.bytes, this.start + 12)
  }

  get destination(): string {
    return formatIpv4(this.bytes, this.start + 16)
  }

  /** Puts an address into four words, as it stands in IPv6 (`::ffff:0:0/96`): a key that costs nothing. */
  readAddress(isSource: boolean, words: Uint32Array): void {
    words[0] = 0
    words[1] = 0
    words[2] = 0xffff
    words[3] = this.bytes.u32(this.start + (isSource ? 12 : 16))
  }

  get optionsStart(): number {
    return this.start + FIXED_BYTES
  }

  get hasOptions(): boolean {
    return this.optionsEnd > this.start + FIXED_BYTES
  }

  get options(): readonly HeaderOption[] {
    return listOptions(this.bytes, this.optionsStart, this.optionsEnd)
  }

  /** The same options with what they say. */
  get typedOptions(): readonly Ipv4Option[] {
    return parseIpv4Options(this.bytes, this.optionsStart, this.optionsEnd)
  }
}

export const ipv4: Protocol = {
  name: NAME,
  create: () => new Ipv4(false),
  etherTypes: [ETHER_TYPE_IPV4],
  ipv4Protocols: [4, 94],
  ipv6Headers: [4],
  leadsToIp: true
}
/** SPR's reading: the version nibble is never looked at. */
export const ipv4AnyVersion: Protocol = { name: NAME, create: () => new Ipv4(true), leadsToIp: true }
