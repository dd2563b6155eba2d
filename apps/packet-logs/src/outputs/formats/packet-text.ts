import {
  formatEve,
  formatPacketInfo,
  formatSummary,
  formatUlogd,
  type LoggedPacket,
  type PacketInfoOptions,
  toPacketInfo
} from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { EventsConfig } from '../../config/events.js'
import { actionOf } from '../../config/groups.js'
import type { TextFormat } from '../output-config.js'

/** How packets become text. */
export interface PacketTextOptions {
  readonly format: TextFormat
  readonly events: EventsConfig
  /** Value of ulogd's `dvc`. */
  readonly device: string
}

/** What is known of a packet beside the packet. One object serves all packets. */
interface Known {
  action: string
  recentDomainSrc: string
  recentDomainDst: string
}

/** Writes packets in one text format; outputs that want the same of the same packet share the work. */
export class PacketText {
  readonly #format: TextFormat
  readonly #device: string
  /** Options of format `spr`. */
  readonly #told: Known & PacketInfoOptions
  /** Everything but raw bytes, which the other formats do not show. */
  readonly #shown: Known & PacketInfoOptions & { extended: true }
  #packetNumber = -1
  #text: string | undefined

  constructor({ format, events, device }: PacketTextOptions) {
    const { maxLineBytes, communityId = true, extended, payload } = events
    const known = { action: '', recentDomainSrc: '', recentDomainDst: '', communityId }
    this.#format = format
    this.#device = device
    this.#told = { ...known, extended, payload, ...(maxLineBytes !== undefined && { maxLineBytes }) }
    this.#shown = { ...known, extended: true, payload: 0 }
  }

  /**
   * The packet as text without a newline, undefined for one that the format leaves out.
   * @param packetNumber the same for the same packet, and for no other
   */
  text(packetNumber: number, logged: LoggedPacket, context: PacketContext): string | undefined {
    if (packetNumber !== this.#packetNumber) {
      this.#packetNumber = packetNumber
      this.#text = this.#write(logged, context)
    }
    return this.#text
  }

  #write(logged: LoggedPacket, context: PacketContext): string | undefined {
    switch (this.#format) {
      case 'spr':
        return formatPacketInfo(logged, learn(this.#told, logged, context))
      case 'ulogd':
        return formatUlogd(logged, { device: this.#device, action: context.action ?? actionOf(logged) })
      case 'eve':
        return formatEve(toPacketInfo(logged, learn(this.#shown, logged, context)))
      case 'summary':
        return formatSummary(toPacketInfo(logged, learn(this.#shown, logged, context)))
    }
  }
}

function learn<Options extends Known>(options: Options, logged: LoggedPacket, context: PacketContext): Options {
  options.action = context.action ?? actionOf(logged)
  options.recentDomainSrc = context.recentDomainSrc ?? ''
  options.recentDomainDst = context.recentDomainDst ?? ''
  return options
}
