import {
  formatEve,
  formatPacketInfo,
  formatSummary,
  formatUlogd,
  type LoggedPacket,
  type PacketInfo,
  toPacketInfo
} from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { EventsConfig } from '../../config/events.js'
import type { TextFormat } from '../output-config.js'

/** How packets become text. */
export interface PacketTextOptions {
  readonly format: TextFormat
  readonly events: EventsConfig
  /** Value of ulogd's `dvc`. */
  readonly device: string
}

/** Writes packets in one text format; outputs that want the same of the same packet share the work. */
export class PacketText {
  readonly #options: PacketTextOptions
  #packetNumber = -1
  #text: string | undefined

  constructor(options: PacketTextOptions) {
    this.#options = options
  }

  /**
   * The packet as text without a newline, undefined for one that the format leaves out.
   * @param packetNumber the same for the same packet, and for no other
   */
  text(packetNumber: number, logged: LoggedPacket, context: PacketContext): string | undefined {
    if (packetNumber !== this.#packetNumber) {
      this.#packetNumber = packetNumber
      this.#text = this.#format(logged, context)
    }
    return this.#text
  }

  #format(logged: LoggedPacket, context: PacketContext): string | undefined {
    const { format, events, device } = this.#options
    switch (format) {
      case 'spr':
        return formatPacketInfo(logged, { ...told(events), ...context })
      case 'ulogd':
        return formatUlogd(logged, { device, ...(context.action !== undefined && { action: context.action }) })
      case 'eve':
        return formatEve(known(logged, context, events))
      case 'summary':
        return formatSummary(known(logged, context, events))
    }
  }
}

/** Everything but raw bytes, which these formats do not show. */
function known(logged: LoggedPacket, context: PacketContext, { communityId = true }: EventsConfig): PacketInfo {
  return toPacketInfo(logged, { ...context, payload: 0, communityId })
}

function told({ maxLineBytes, communityId, ...rest }: EventsConfig): Parameters<typeof formatPacketInfo>[1] {
  return {
    ...rest,
    ...(maxLineBytes !== undefined && { maxLineBytes }),
    ...(communityId !== undefined && { communityId })
  }
}
