import type { LoggedPacket } from '../../logged-packet.js'
import type { EventWriter } from './event-writer.js'
import type { PacketInfoOptions } from './options.js'
import { resolveOptions } from './options.js'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

export function formatWith(writer: EventWriter, packet: LoggedPacket, options?: PacketInfoOptions): string | undefined {
  const bytes = writer.text(packet, resolveOptions(options))
  return bytes === undefined ? undefined : utf8.decode(bytes)
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

export function lineWriterWith(writer: EventWriter, options?: PacketInfoOptions): LineWriter {
  const resolved = resolveOptions(options)
  return {
    write(packet, into, at) {
      if (!(at >= 0 && at <= into.length)) throw new RangeError(`at is ${at}; the buffer has ${into.length} bytes`)
      return writer.line(packet, resolved, into, at)
    }
  }
}
