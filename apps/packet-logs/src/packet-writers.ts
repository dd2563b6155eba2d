import {
  createLineWriter,
  type DomainSource,
  decodePacket,
  type LineWriter,
  type LoggedPacket,
  type Packet
} from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { EventsConfig } from './config/events.js'
import { actionOf, type GroupConfig } from './config/groups.js'

/** Writes the lines of a group's packets, and has at hand what else there is to know about the packet it wrote last. */
export interface PacketWriter extends LineWriter {
  /** What the last packet's event says beside the packet; good until the next write. */
  readonly context: PacketContext
  /** The packet that was written last, decoded; good until the next write. */
  packetOf(logged: LoggedPacket): Packet
}

/** What packet writers are made of. */
export interface PacketWriterOptions {
  readonly groups: readonly GroupConfig[]
  readonly events: EventsConfig
  /** Names for the addresses of each packet. */
  readonly domains?: DomainSource | undefined
}

/** The writer of each group. */
export function createPacketWriters(options: PacketWriterOptions): (group: number) => PacketWriter {
  const writers = new Map(options.groups.map(group => [group.group, createWriter(options, actionOf(group))]))
  // The kernel gives packets of the groups that were asked for and no others; a recording may hold any.
  const others = new Map<number, PacketWriter>()
  let lastGroup = -1
  let last: PacketWriter | undefined
  return group => {
    if (group === lastGroup && last !== undefined) return last
    lastGroup = group
    last = writers.get(group) ?? others.get(group)
    if (last === undefined) {
      last = createWriter(options, actionOf({ group }))
      others.set(group, last)
    }
    return last
  }
}

function createWriter({ events, domains }: PacketWriterOptions, action: string): PacketWriter {
  const { maxLineBytes, communityId, ...rest } = events
  const shown = new ShownPacket(action, domains)
  const lines = createLineWriter({
    ...rest,
    action,
    ...(maxLineBytes !== undefined && { maxLineBytes }),
    ...(communityId !== undefined && { communityId }),
    recentDomains: shown
  })
  return {
    context: shown,
    write(logged, into, at) {
      shown.forget()
      return lines.write(logged, into, at)
    },
    // Strict mode reads packets as SPR does, misreadings included; nobody else wants to.
    packetOf: events.extended ? logged => shown.packet ?? decodePacket(logged) : decodePacket
  }
}

/**
 * Stands between a line writer and the domains: the writer shows it the packet that it has decoded, so that the packet need
 * not be decoded again, and it keeps the names that the writer is given.
 */
class ShownPacket implements DomainSource, PacketContext {
  readonly action: string
  packet: Packet | undefined
  recentDomainSrc = ''
  recentDomainDst = ''
  readonly #domains: DomainSource | undefined

  constructor(action: string, domains: DomainSource | undefined) {
    this.action = action
    this.#domains = domains
  }

  /** A packet that strict mode drops is never shown, and must not be taken for the one before. */
  forget(): void {
    this.packet = undefined
    this.recentDomainSrc = ''
    this.recentDomainDst = ''
  }

  sourceOf(packet: Packet): string {
    this.packet = packet
    this.recentDomainSrc = this.#domains?.sourceOf(packet) ?? ''
    return this.recentDomainSrc
  }

  destinationOf(packet: Packet): string {
    this.recentDomainDst = this.#domains?.destinationOf(packet) ?? ''
    return this.recentDomainDst
  }
}
