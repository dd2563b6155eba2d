import type { Conntrack } from './conntrack.js'

/** A counted hole in what was logged. All fields are absent when the loss is known but not its size (`sequence: false`). */
export interface Gap {
  readonly group?: number
  /** Packets that are missing. */
  readonly lost?: number
  /** Sequence numbers of the first and the last packet that is missing. */
  readonly from?: number
  readonly to?: number
}

/**
 * A packet that a rule logged, as the kernel described it. What the kernel did not say reads as `undefined`.
 *
 * Fields are read on access from the memory of their batch, which a packet keeps alive; {@link toJSON} gives an
 * independent plain object.
 */
export interface LoggedPacket {
  /** Group that the rule logs to. */
  readonly group: number
  /** Prefix of the rule, trailing blank included; U+FFFD for each byte that is not UTF-8. */
  readonly prefix: string
  /** The prefix as bytes, only when it is not UTF-8. */
  readonly prefixBytes?: Uint8Array
  /** The packet from its network header on, as much as was copied; empty with `copyBytes: 0`. */
  readonly payload: Uint8Array
  /** Protocol family of the rule's hook: 2 IPv4, 10 IPv6, 3 ARP, 5 netdev, 7 bridge. */
  readonly family?: number
  /** Tells what the payload starts with: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP. */
  readonly etherType?: number
  /** Netfilter hook: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting; netdev: 0 ingress, 1 egress. */
  readonly hook?: number
  /** Packet mark; absent when it is 0. */
  readonly mark?: number
  /** Microseconds since the epoch. */
  readonly timestampUs?: number
  /** `receive` when the kernel gave no time, as in output and postrouting: then it is the time of reading. */
  readonly timestampSource?: 'kernel' | 'receive'
  readonly inDevice?: string
  readonly outDevice?: string
  /** Bridge port, where `inDevice` is the bridge. */
  readonly physInDevice?: string
  readonly physOutDevice?: string
  readonly inIndex?: number
  readonly outIndex?: number
  readonly physInIndex?: number
  readonly physOutIndex?: number
  /** ARP hardware type of the input device: 1 Ethernet, 772 loopback. */
  readonly hwType?: number
  /** Link-layer header of the input device. */
  readonly hwHeader?: Uint8Array
  /** Link-layer source address. */
  readonly hwAddress?: Uint8Array
  /** The whole link-layer header, VLAN tag removed; bridge and netdev families. */
  readonly l2Header?: Uint8Array
  /** VLAN tag; bridge and netdev families. */
  readonly vlan?: { readonly protocol: number; readonly tci: number }
  /** User that owns the sending socket, for packets made on this machine. */
  readonly uid?: number
  readonly gid?: number
  /** Number of the packet in its group, modulo 2^32. */
  readonly seq?: number
  /** Number of the packet over all groups that ask for it, modulo 2^32. */
  readonly seqGlobal?: number
  /** The connection it belongs to; only with `conntrack: true`. */
  readonly conntrack?: Conntrack
  /**
   * Length of the packet from its network header on, before it was cut. Known of IPv4 and IPv6, from the header, when
   * that much was copied and it does not say 0, as of a segment beyond 64 KiB: the kernel itself does not tell.
   */
  readonly originalLength?: number
  /** What was lost right before this packet. */
  readonly gap?: Gap
  /** The same as a plain object with only the fields that are present. The bytes stay shared. */
  toJSON(): Omit<LoggedPacket, 'toJSON'>
}
