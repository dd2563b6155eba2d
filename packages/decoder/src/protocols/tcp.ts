import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol, Registry } from '../registry.js'
import type { HeaderOption } from './header-options.js'
import { END_OF_OPTIONS, listOptions, NO_OPERATION } from './header-options.js'
import type { TcpOption } from './tcp-options.js'
import { parseTcpOptions } from './tcp-options.js'

const NAME = 'TCP'
const FIXED_BYTES = 20

/** RFC 9293. */
export class Tcp extends Layer {
  readonly name: string = NAME
  /** Offset behind the last option, the end-of-list option included. */
  optionsEnd = 0
  /** Whether an end-of-list option was met: what follows it is padding. */
  hasPadding = false

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

    this.usable = true
    this.hasPadding = false
    this.headerEnd = start + FIXED_BYTES
    this.optionsEnd = start + FIXED_BYTES
    const headerBytes = this.dataOffset * 4
    if (headerBytes < FIXED_BYTES) return malformed(NAME, start + 12, `data offset ${this.dataOffset} is less than 5`)
    if (headerBytes > available) {
      this.headerEnd = this.end
      return truncated(NAME, this.end, `header of ${headerBytes} bytes is cut after ${available}`)
    }
    this.headerEnd = start + headerBytes

    while (this.optionsEnd < this.headerEnd) {
      const at = this.optionsEnd
      const kind = bytes.u8(at)
      if (kind === END_OF_OPTIONS) {
        this.optionsEnd = at + 1
        this.hasPadding = true
        return undefined
      }
      if (kind === NO_OPERATION) {
        this.optionsEnd = at + 1
        continue
      }
      const left = this.headerEnd - at
      if (left < 2) return malformed(NAME, at, `option ${kind} has no room for its length`)
      const length = bytes.u8(at + 1)
      if (length < 2) return malformed(NAME, at, `option ${kind} has length ${length}, less than 2`)
      if (length > left) return malformed(NAME, at, `option ${kind} of ${length} bytes leaves the header`)
      this.optionsEnd = at + length
    }
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return registry.afterTcp(this.sourcePort, this.destinationPort, this.bytes, this.headerEnd, this.end)
  }

  override announce(found: FoundLayers): void {
    found.tcp = this
  }

  get sourcePort(): number {
    return this.bytes.u16(this.start)
  }

  get destinationPort(): number {
    return this.bytes.u16(this.start + 2)
  }

  get seq(): number {
    return this.bytes.u32(this.start + 4)
  }

  get ackNumber(): number {
    return this.bytes.u32(this.start + 8)
  }

  /** Header length in words of four bytes. */
  get dataOffset(): number {
    return this.bytes.u8(this.start + 12) >> 4
  }

  /** The nine flag bits, FIN lowest, NS highest. */
  get flags(): number {
    return this.bytes.u16(this.start + 12) & 0x1ff
  }

  get fin(): boolean {
    return (this.flags & 0x001) !== 0
  }

  get syn(): boolean {
    return (this.flags & 0x002) !== 0
  }

  get rst(): boolean {
    return (this.flags & 0x004) !== 0
  }

  get psh(): boolean {
    return (this.flags & 0x008) !== 0
  }

  get ack(): boolean {
    return (this.flags & 0x010) !== 0
  }

  get urg(): boolean {
    return (this.flags & 0x020) !== 0
  }

  get ece(): boolean {
    return (this.flags & 0x040) !== 0
  }

  get cwr(): boolean {
    return (this.flags & 0x080) !== 0
  }

  get ns(): boolean {
    return (this.flags & 0x100) !== 0
  }

  get window(): number {
    return this.bytes.u16(this.start + 14)
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 16)
  }

  get urgentPointer(): number {
    return this.bytes.u16(this.start + 18)
  }

  /** The three bits RFC 9293 keeps for later; the lowest was NS. */
  get reserved(): number {
    return (this.bytes.u8(this.start + 12) >> 1) & 0x07
  }

  get optionsStart(): number {
    return this.start + FIXED_BYTES
  }

  get options(): readonly HeaderOption[] {
    return listOptions(this.bytes, this.optionsStart, this.optionsEnd)
  }

  /** The same options with what they say. */
  get typedOptions(): readonly TcpOption[] {
    return parseTcpOptions(this.bytes, this.optionsStart, this.optionsEnd)
  }
}

export const tcp: Protocol = { name: NAME, create: () => new Tcp(), ipv4Protocols: [6], ipv6Headers: [6] }
