import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol, Registry } from '../registry.js'

const NAME = 'UDP'
const HEADER_BYTES = 8

/** RFC 768. */
export class Udp extends Layer {
  readonly name: string = NAME

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
    const { start } = this
    const available = this.end - start
    if (available < HEADER_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = start + HEADER_BYTES
    // Length 0 is a jumbogram (RFC 2675): the rest of the packet. A length beyond the capture is no error.
    const length = this.length
    if (length === 0) return undefined
    if (length < HEADER_BYTES) return malformed(NAME, start + 4, `length ${length} is less than 8`)
    if (length < available) this.end = start + length
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return registry.afterUdp(this.sourcePort, this.destinationPort, this.bytes, this.headerEnd, this.end)
  }

  override announce(found: FoundLayers): void {
    found.udp = this
  }

  get sourcePort(): number {
    return this.bytes.u16(this.start)
  }

  get destinationPort(): number {
    return this.bytes.u16(this.start + 2)
  }

  /** As the header states it. */
  get length(): number {
    return this.bytes.u16(this.start + 4)
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 6)
  }
}

export const udp: Protocol = { name: NAME, create: () => new Udp(), ipv4Protocols: [17], ipv6Headers: [17] }
