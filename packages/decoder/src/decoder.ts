import { EventWriter } from './formats/packet-info/event-writer.js'
import type { LineWriter } from './formats/packet-info/line-writer.js'
import { formatWith, lineWriterWith } from './formats/packet-info/line-writer.js'
import type { PacketInfoOptions } from './formats/packet-info/options.js'
import type { PacketInfo } from './formats/packet-info/packet-info.js'
import type { LoggedPacket } from './logged-packet.js'
import type { Packet } from './packet.js'
import { ReusablePacket } from './packet.js'
import type { Protocol, Registry } from './registry.js'
import { extendedRegistry } from './tables/registries.js'

export interface DecoderOptions {
  /** Protocols beside those the library knows; of two that name the same number the last one wins. Default none. */
  readonly protocols?: readonly Protocol[]
}

/** The functions of this package, with protocols of your own. */
export interface Decoder {
  /** As {@link decodePacket}. */
  decodePacket(payload: Uint8Array, etherType?: number): Packet
  decodePacket(packet: LoggedPacket): Packet
  /** As the function of this name. Strict text knows SPR's protocols only. */
  formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions & { readonly extended?: true }): string
  formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): string | undefined
  /** As the function of this name. */
  toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions & { readonly extended?: true }): PacketInfo
  toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): PacketInfo | undefined
  /** As the function of this name. */
  createLineWriter(options?: PacketInfoOptions): LineWriter
}

class PacketDecoder implements Decoder {
  readonly #protocols: readonly Protocol[]
  readonly #registry: Registry
  #writer: EventWriter | undefined

  constructor(protocols: readonly Protocol[]) {
    this.#protocols = protocols
    this.#registry = extendedRegistry(protocols)
  }

  decodePacket(payload: Uint8Array | LoggedPacket, etherType?: number): Packet {
    const packet = new ReusablePacket(this.#registry, false)
    if (payload instanceof Uint8Array) packet.reset(payload, etherType)
    else packet.resetLogged(payload, true)
    return packet
  }

  formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions & { readonly extended?: true }): string
  formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): string | undefined
  formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): string | undefined {
    this.#writer ??= new EventWriter(this.#protocols)
    return formatWith(this.#writer, packet, options)
  }

  toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions & { readonly extended?: true }): PacketInfo
  toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): PacketInfo | undefined
  toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): PacketInfo | undefined {
    const text = this.formatPacketInfo(packet, options)
    return text === undefined ? undefined : (JSON.parse(text) as PacketInfo)
  }

  createLineWriter(options?: PacketInfoOptions): LineWriter {
    return lineWriterWith(new EventWriter(this.#protocols), options)
  }
}

/** Makes a decoder that also knows `protocols`: see {@link Protocol} and {@link Layer}. */
export function createDecoder(options: DecoderOptions = {}): Decoder {
  return new PacketDecoder([...(options.protocols ?? [])])
}

const standard = new PacketDecoder([])

/**
 * Decodes a packet from its network header on. Never throws; what is wrong is in `error`.
 * @param etherType says what the first header is; without it (or with 0) the version nibble does.
 */
export function decodePacket(payload: Uint8Array, etherType?: number): Packet
/** Decodes a logged packet, with Ethernet and VLAN in front as far as the kernel gave them. */
export function decodePacket(packet: LoggedPacket): Packet
export function decodePacket(payload: Uint8Array | LoggedPacket, etherType?: number): Packet {
  return standard.decodePacket(payload, etherType)
}

/**
 * A packet as PacketInfo JSON. Strict mode (`extended: false`) gives SPR's text byte for byte, and `undefined` for a
 * packet SPR drops; extended mode always gives an event. Never throws on bytes.
 * @throws RangeError when an option is out of range
 */
export function formatPacketInfo(
  packet: LoggedPacket,
  options?: PacketInfoOptions & { readonly extended?: true }
): string
export function formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): string | undefined
export function formatPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): string | undefined {
  return standard.formatPacketInfo(packet, options)
}

/**
 * The same as an object, keyed as the JSON is.
 * @throws RangeError when an option is out of range
 */
export function toPacketInfo(
  packet: LoggedPacket,
  options?: PacketInfoOptions & { readonly extended?: true }
): PacketInfo
export function toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): PacketInfo | undefined
export function toPacketInfo(packet: LoggedPacket, options?: PacketInfoOptions): PacketInfo | undefined {
  return standard.toPacketInfo(packet, options)
}

/**
 * Makes a line writer; `value` of its lines is the text {@link formatPacketInfo} gives with the same options.
 * @throws RangeError when an option is out of range
 */
export function createLineWriter(options?: PacketInfoOptions): LineWriter {
  return standard.createLineWriter(options)
}
