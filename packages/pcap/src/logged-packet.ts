/** What the kernel logged once: its description and its bytes from the L3 header on. */
export interface LoggedPacket {
  group: number
  /** As logged, a trailing blank included; U+FFFD for each byte that is not UTF-8. */
  prefix: string
  /** The prefix's bytes, only when they are not UTF-8. */
  prefixBytes?: Uint8Array
  payload: Uint8Array
  /** nfgen_family: 2 IPv4, 10 IPv6, 3 ARP, 5 netdev, 7 bridge. */
  family?: number
  etherType?: number
  /** Number of the netfilter hook. */
  hook?: number
  mark?: number
  /** µs since the epoch. */
  timestampUs?: number
  /** Whether the kernel or the program that received the packet took the time. */
  timestampSource?: 'kernel' | 'receive'
  inDevice?: string
  outDevice?: string
  physInDevice?: string
  physOutDevice?: string
  inIndex?: number
  outIndex?: number
  physInIndex?: number
  physOutIndex?: number
  /** ARPHRD_ number of the input device. */
  hwType?: number
  hwHeader?: Uint8Array
  /** Link-layer source address. */
  hwAddress?: Uint8Array
  l2Header?: Uint8Array
  /** Outermost VLAN tag. */
  vlan?: { protocol: number; tci: number }
  uid?: number
  gid?: number
  /** Number of the packet in its group. */
  seq?: number
  /** Number of the packet over all groups that count. */
  seqGlobal?: number
  /** Length of the payload in bytes before it was cut; absent when it was not. */
  originalLength?: number
}
