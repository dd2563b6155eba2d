import type { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import type { Unread } from '../layer.js'
import { Layer } from '../layer.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol, Registry } from '../registry.js'
import { formatIpv6 } from '../text/ip-address.js'
import type { Ipv6Extension, Ipv6ExtensionInfo } from './ipv6-extensions.js'
import { extensionLength, FRAGMENT, isExtension, listExtensions, writeExtensions } from './ipv6-extensions.js'

export const ETHER_TYPE_IPV6 = 0x86dd

const NAME = 'IPv6'
const FIXED_BYTES = 40
const IPV6 = jsonNames(NAME, {
  contents: 'Contents',
  payload: 'Payload',
  version: 'Version',
  trafficClass: 'TrafficClass',
  flowLabel: 'FlowLabel',
  length: 'Length',
  nextHeader: 'NextHeader',
  hopLimit: 'HopLimit',
  source: 'SrcIP',
  destination: 'DstIP',
  protocol: 'Protocol',
  extensions: 'Extensions'
})

/** In JSON as `IPv6`. */
export interface Ipv6Info {
  Contents: string
  Payload: string
  Version: number
  TrafficClass: number
  FlowLabel: number
  Length: number
  NextHeader: number
  HopLimit: number
  SrcIP: string
  DstIP: string
  /** What follows the extension headers. */
  Protocol: number
  Extensions: Ipv6ExtensionInfo[] | null
}

/** RFC 8200. The header's {@link contents} take in the extension headers; {@link protocol} is what follows them. */
export class Ipv6 extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = IPV6
  /** Upper-layer protocol: the last next-header value. */
  protocol = 0
  /** Offset of the fragment header, 0 when there is none. */
  fragmentStart = 0

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
    if (available < FIXED_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 40`)
    if (this.version !== 6) return malformed(NAME, start, `version ${this.version} is not 6`)
    this.usable = true
    this.fragmentStart = 0
    // Length 0 is a jumbogram (RFC 2675) or a segment the card has yet to cut: the rest of the packet.
    const length = this.length
    if (length !== 0 && length < available - FIXED_BYTES) this.end = start + FIXED_BYTES + length
    this.headerEnd = start + FIXED_BYTES
    this.protocol = this.nextHeader
    while (isExtension(this.protocol) && this.headerEnd < this.end && this.fragmentOffset === 0) {
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
    return this.fragmentOffset !== 0 ? undefined : registry.afterIpv6(this.protocol)
  }

  override announce(found: FoundLayers): void {
    found.ipv6 = this
    found.ip = this
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

  /** Puts an address into four words: a key that costs nothing. */
  readAddress(isSource: boolean, words: Uint32Array): void {
    const at = this.start + (isSource ? 8 : 24)
    for (let word = 0; word < 4; word++) words[word] = this.bytes.u32(at + word * 4)
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

  /** Of a packet's later pieces nothing is read behind the header; of its first piece everything. */
  override get unread(): Unread | undefined {
    return this.fragmentOffset === 0 ? undefined : 'fragment'
  }

  /** One piece of a larger packet, the first included; an atomic fragment (RFC 6946) is whole. */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0
  }

  get extensionsStart(): number {
    return this.start + FIXED_BYTES
  }

  get extensions(): readonly Ipv6Extension[] {
    return listExtensions(this.bytes, this.nextHeader, this.extensionsStart, this.headerEnd)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = IPV6
    out.raw(fields.contents, this.start, this.headerEnd)
    out.raw(fields.payload, this.headerEnd, this.end)
    out.uint(fields.version, this.version)
    out.uint(fields.trafficClass, this.trafficClass)
    out.uint(fields.flowLabel, this.flowLabel)
    out.uint(fields.length, this.length)
    out.uint(fields.nextHeader, this.nextHeader)
    out.uint(fields.hopLimit, this.hopLimit)
    out.ipv6(fields.source, this.start + 8)
    out.ipv6(fields.destination, this.start + 24)
    out.uint(fields.protocol, this.protocol)
    if (out.isBrief || this.headerEnd === this.extensionsStart) {
      out.null(fields.extensions)
      return
    }
    out.beginList(fields.extensions)
    writeExtensions(out, this.bytes, this.nextHeader, this.extensionsStart, this.headerEnd)
    out.endList()
  }
}

export const ipv6: Protocol = {
  name: NAME,
  create: () => new Ipv6(),
  etherTypes: [ETHER_TYPE_IPV6],
  ipv4Protocols: [41],
  ipv6Headers: [41],
  leadsToIp: true
}
