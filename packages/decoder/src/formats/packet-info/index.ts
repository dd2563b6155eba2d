import type { LoggedPacket } from '../../logged-packet.js'
import { EventWriter } from './event-writer.js'
import type { PacketInfoOptions } from './options.js'
import { resolveOptions } from './options.js'
import type { PacketInfo } from './packet-info.js'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const writer = new EventWriter()

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
  const bytes = writer.text(packet, resolveOptions(options))
  return bytes === undefined ? undefined : utf8.decode(bytes)
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
  const text = formatPacketInfo(packet, options)
  return text === undefined ? undefined : (JSON.parse(text) as PacketInfo)
}

/** Turns packets into finished bus lines, without strings or objects per packet. */
export interface LineWriter {
  /**
   * Writes `{"topic":"nft:…","value":"…"}` and a newline at `at` of `into`. Returns the new end, -1 when the line does
   * not fit (bytes from `at` on are then undefined), or `at` for a packet strict mode drops.
   * @throws RangeError when `at` is outside `into`
   */
  write(packet: LoggedPacket, into: Uint8Array, at: number): number
}

/**
 * Makes a line writer; `value` of its lines is the text {@link formatPacketInfo} gives with the same options.
 * @throws RangeError when an option is out of range
 */
export function createLineWriter(options?: PacketInfoOptions): LineWriter {
  const resolved = resolveOptions(options)
  const events = new EventWriter()
  return {
    write(packet, into, at) {
      if (!(at >= 0 && at <= into.length)) throw new RangeError(`at is ${at}; the buffer has ${into.length} bytes`)
      return events.line(packet, resolved, into, at)
    }
  }
}
