import type { NftErrorCode } from '../errors.js'
import type { Ruleset } from '../nft/ruleset.js'
import type { NetlinkSocket, SocketOwner } from './netlink-sockets.js'

/** What was found out about the system, without judgement. Whatever could not be found out is absent. */
export interface Snapshot {
  /** Version that nft prints, such as `1.0.6`. */
  nftVersion?: string
  /** The ruleset, before and after watching. */
  rulesets?: { before: Ruleset; after: Ruleset }
  /** Why the ruleset could not be read. */
  rulesetError?: { message: string; code?: NftErrorCode }
  /** `/proc/net/netfilter/nfnetlink_log`. */
  nfnetlinkLog?: string
  sockets: readonly (NetlinkSocket & { owner?: SocketOwner })[]
  /** Whether this process may administrate the network. */
  hasNetAdmin: boolean
  bus: BusSnapshot
  /** Milliseconds that events and counters were watched. */
  watchedMs: number
  /** The system's clock, in milliseconds since the epoch. */
  nowMs: number
}

/** What is known of the bus. */
export interface BusSnapshot {
  /** Where one answers. */
  path?: string
  /** Where one was looked for. */
  candidates: readonly string[]
  /** Why none could be reached. */
  error?: string
  /** Packet events that came while watching. */
  events: number
  /** Time the newest of them says it was logged at, in milliseconds since the epoch, and when it came. */
  newest?: { loggedMs: number; receivedMs: number }
}
