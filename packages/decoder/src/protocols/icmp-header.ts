import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import { fieldKeys } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Packet } from '../packet.js'
import { ReusablePacket } from '../packet.js'
import type { Registry } from '../registry.js'

const HEADER_BYTES = 8

/** The fields both ICMPs have in JSON. */
export const ICMP_FIELDS = {
  contents: 'Contents',
  payload: 'Payload',
  type: 'Type',
  code: 'Code',
  checksum: 'Checksum',
  id: 'Id',
  seq: 'Seq',
  mtu: 'MTU',
  pointer: 'Pointer'
} as const
const ICMP = fieldKeys(ICMP_FIELDS)
const EMBEDDED = fieldKeys({
  embedded: 'Embedded',
  source: 'SrcIP',
  destination: 'DstIP',
  protocol: 'Protocol',
  sourcePort: 'SrcPort',
  destinationPort: 'DstPort',
  id: 'Id'
})

/** Protocols whose header starts with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136])
const ICMPV4_PROTOCOL = 1
const ICMPV6_PROTOCOL = 58

/** Whom an error concerns: what the quoted packet's first bytes say. */
export interface EmbeddedFlow {
  readonly source: string
  readonly destination: string
  /** What follows IP and its extension headers. */
  readonly protocol: number
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Of a quoted echo message. */
  readonly id?: number
}

/** In JSON, as `Embedded` of `ICMPv4` and `ICMPv6`. */
export interface EmbeddedInfo {
  SrcIP: string
  DstIP: string
  Protocol: number
  SrcPort?: number
  DstPort?: number
  Id?: number
}

/** What ICMP of both versions has: type, code, checksum, four bytes the type gives a meaning, and quoted packets. */
export abstract class IcmpHeader extends Layer {
  #registry: Registry | undefined
  #embedded: ReusablePacket | undefined
  #isEmbeddedRead = false

  protected decode(): DecodeError | undefined {
    const { start } = this
    this.#registry = undefined
    this.#isEmbeddedRead = false
    const available = this.end - start
    if (available < HEADER_BYTES) {
      return truncated(this.name, start, `${available} bytes are too few for a header of 8`)
    }
    this.usable = true
    this.headerEnd = start + HEADER_BYTES
    return undefined
  }

  override attach(registry: Registry): void {
    this.#registry = registry
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

  /** Whether bytes 4 to 7 are an identifier and a sequence number. */
  abstract get hasId(): boolean

  get id(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 4) : undefined
  }

  get seq(): number | undefined {
    return this.hasId ? this.bytes.u16(this.start + 6) : undefined
  }

  /** MTU of the link a packet was too big for. */
  abstract get mtu(): number | undefined

  /** Offset of the byte a parameter problem complains about. */
  abstract get pointer(): number | undefined

  /** EtherType of the packets the protocol quotes. */
  protected abstract readonly embeddedEtherType: number

  /** Offset of the quoted packet's first byte, and behind its last; `undefined` for messages that quote none. */
  protected abstract get embeddedRange(): readonly [start: number, end: number] | undefined

  /**
   * The packet an error is about, as far as it is quoted: expect it to end early, and say so in its `error`. Its offsets
   * are its own.
   */
  get embedded(): Packet | undefined {
    return this.#readEmbedded()
  }

  /** Addresses and ports of that packet, which eight bytes behind its IP header are enough for. */
  get embeddedFlow(): EmbeddedFlow | undefined {
    const packet = this.#readEmbedded()
    const ip = packet?.ip
    if (packet === undefined || ip === undefined) return undefined
    const { source, destination, protocol, headerEnd } = ip
    const flow = { source, destination, protocol }
    if (ip.fragmentOffset !== 0) return flow
    const { bytes } = packet
    if (WITH_PORTS.has(protocol) && ip.end - headerEnd >= 4) {
      return { ...flow, sourcePort: bytes.u16(headerEnd), destinationPort: bytes.u16(headerEnd + 2) }
    }
    const isIcmp = protocol === ICMPV4_PROTOCOL || protocol === ICMPV6_PROTOCOL
    const id = isIcmp ? (packet.icmpv4 ?? packet.icmpv6)?.id : undefined
    return id === undefined ? flow : { ...flow, id }
  }

  #readEmbedded(): ReusablePacket | undefined {
    const range = this.embeddedRange
    if (range === undefined || range[1] <= range[0] || this.#registry === undefined) return undefined
    this.#embedded ??= new ReusablePacket(this.#registry)
    if (!this.#isEmbeddedRead) {
      this.#embedded.reset(this.bytes.view(range[0], range[1]), this.embeddedEtherType)
      this.#isEmbeddedRead = true
    }
    return this.#embedded
  }

  /** The fields both versions have. */
  override writeFields(out: FieldWriter): void {
    out.raw(ICMP.contents, this.start, this.headerEnd)
    out.raw(ICMP.payload, this.headerEnd, this.end)
    out.uint(ICMP.type, this.type)
    out.uint(ICMP.code, this.code)
    out.uint(ICMP.checksum, this.checksum)
    out.uint(ICMP.id, this.id)
    out.uint(ICMP.seq, this.seq)
    out.uint(ICMP.mtu, this.mtu)
    out.uint(ICMP.pointer, this.pointer)
  }

  /** Whom the message concerns. */
  protected writeEmbedded(out: FieldWriter): void {
    const flow = this.embeddedFlow
    if (flow === undefined) return
    out.beginObject(EMBEDDED.embedded)
    out.text(EMBEDDED.source, flow.source)
    out.text(EMBEDDED.destination, flow.destination)
    out.uint(EMBEDDED.protocol, flow.protocol)
    out.uint(EMBEDDED.sourcePort, flow.sourcePort)
    out.uint(EMBEDDED.destinationPort, flow.destinationPort)
    out.uint(EMBEDDED.id, flow.id)
    out.endObject()
  }
}
