/** One way of a connection, as the kernel tracks it. */
export interface ConntrackTuple {
  readonly source?: string
  readonly destination?: string
  /** IP protocol number. */
  readonly protocol?: number
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly icmpType?: number
  readonly icmpCode?: number
  readonly icmpId?: number
  readonly zone?: number
}

/** The connection a packet belongs to. What the kernel did not say is absent. */
export interface Conntrack {
  /** The way the first packet went. */
  readonly original?: ConntrackTuple
  /** The way back, which network address translation makes different. */
  readonly reply?: ConntrackTuple
  /** What the packet is to the connection: 0 established, 1 related, 2 new, 3 and 4 the first two as a reply. */
  readonly info?: number
  /** Bits of `enum ip_conntrack_status`. */
  readonly status?: number
  readonly mark?: number
  readonly id?: number
  readonly zone?: number
  readonly timeoutSeconds?: number
}

/** What the firewall logged once: metadata plus the bytes from the network header on. */
export interface LoggedPacket {
  /** NFLOG group the rule logs to. */
  readonly group: number
  /** Log prefix as logged, trailing blank included; U+FFFD stands for each byte that is not UTF-8. */
  readonly prefix: string
  /** Raw prefix bytes, only when they are not UTF-8. */
  readonly prefixBytes?: Uint8Array
  /** Bytes from the network header on; empty when the copy mode gave none. */
  readonly payload: Uint8Array
  /** Address family (`AF_INET` 2, `AF_INET6` 10, `AF_BRIDGE` 7, …). */
  readonly family?: number
  /** EtherType of the payload; decides the first layer when it names one this library knows. */
  readonly etherType?: number
  /** Netfilter hook number. */
  readonly hook?: number
  readonly mark?: number
  /** Microseconds since the epoch; the time of formatting when absent. */
  readonly timestampUs?: number
  readonly timestampSource?: 'kernel' | 'receive'
  readonly inDevice?: string
  readonly outDevice?: string
  readonly physInDevice?: string
  readonly physOutDevice?: string
  readonly inIndex?: number
  readonly outIndex?: number
  readonly physInIndex?: number
  readonly physOutIndex?: number
  /** ARP hardware type of the device (1 is Ethernet). */
  readonly hwType?: number
  /** Link-layer header as the kernel gave it. */
  readonly hwHeader?: Uint8Array
  readonly hwAddress?: Uint8Array
  readonly l2Header?: Uint8Array
  readonly vlan?: { readonly protocol: number; readonly tci: number }
  readonly uid?: number
  readonly gid?: number
  /** Sequence number within the group. */
  readonly seq?: number
  /** Sequence number over all groups. */
  readonly seqGlobal?: number
  /** The connection the packet belongs to, when the kernel was asked for it. */
  readonly conntrack?: Conntrack
  /** Bytes the packet had before it was cut for logging. */
  readonly originalLength?: number
}
