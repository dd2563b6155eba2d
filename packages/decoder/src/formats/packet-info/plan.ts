import type { FoundLayers } from '../../packet.js'
import type { ResolvedOptions } from './options.js'

/**
 * What is left out to make a line fit, each step on top of those before: application bytes as far as needed, then the
 * decoded application layer, then all raw bytes and the lists in headers, then what is above IP and neither TCP, UDP nor
 * ICMP, then every layer, then the ends of strings. Who sent the packet goes late: nobody shall hide behind its length.
 */
export const Shed = { bytes: 0, application: 1, raw: 2, transport: 3, layers: 4, strings: 5 } as const
export type Shed = (typeof Shed)[keyof typeof Shed]

/** Cuts before the first byte: no raw bytes at all. */
export const NO_RAW_BYTES = 0

/** How much of a packet an event shows. */
export class Plan {
  shed: Shed = Shed.bytes
  /** Offset in the packet behind the last raw byte that is written. */
  cut: number = Number.POSITIVE_INFINITY
  /** Whether the event says that something is left out. */
  isTruncated = false

  /** What the payload policy asks for, of a packet of `length` bytes. */
  follow(options: ResolvedOptions, found: Readonly<FoundLayers>, length: number): void {
    this.shed = Shed.bytes
    this.cut = Number.POSITIVE_INFINITY
    this.isTruncated = false
    if (options.keep === Number.POSITIVE_INFINITY) return
    this.cut = options.keep < 0 ? NO_RAW_BYTES : applicationStart(found) + options.keep
    this.isTruncated = this.cut < networkEnd(found, length)
  }

  /** Leaves out more than the policy asks for. */
  leaveOut(shed: Shed, cut: number): void {
    this.shed = shed
    this.cut = cut
    this.isTruncated = true
  }
}

/** Offset in the packet where the application's bytes start: behind the innermost header below it. */
export function applicationStart({ ipv4, ipv6, tcp, udp, icmpv4, icmpv6 }: Readonly<FoundLayers>): number {
  const transport = tcp ?? udp ?? icmpv4 ?? icmpv6
  return transport?.headerEnd ?? Math.max(ipv4?.headerEnd ?? 0, ipv6?.headerEnd ?? 0)
}

/** Offset in the packet behind the last header of TCP and UDP: layers from there on are applications. */
export function transportEnd({ tcp, udp }: Readonly<FoundLayers>): number {
  if (tcp === undefined && udp === undefined) return Number.POSITIVE_INFINITY
  return Math.max(tcp?.headerEnd ?? 0, udp?.headerEnd ?? 0)
}

/** Bytes behind an IP packet, as on a padded frame, are shown nowhere; of any other packet all of them are. */
function networkEnd({ ipv4, ipv6 }: Readonly<FoundLayers>, length: number): number {
  return ipv4 === undefined && ipv6 === undefined ? length : Math.max(ipv4?.end ?? 0, ipv6?.end ?? 0)
}
