import type { DomainSource } from '../../recent-domains/domain-source.js'

/** What an event tells of what applications send; the headers below them are always decoded. */
export type PayloadPolicy = 'full' | 'headers' | 'none' | number

export interface PacketInfoOptions {
  /** Adds the keys SPR's service does not know, and events for packets it drops. Default `true`. */
  readonly extended?: boolean
  /** What the rule's group stands for. Default: `blocked` for group 1, else `allowed`. */
  readonly action?: string
  /** Name last resolved to the source address; the key is left out when empty. */
  readonly recentDomainSrc?: string
  /** Name last resolved to the destination address; the key is left out when empty. */
  readonly recentDomainDst?: string
  /** Names for the addresses of each packet, in place of the two options above. */
  readonly recentDomains?: DomainSource
  /**
   * `full`: every byte. A number: that many bytes behind the innermost header below the application. `headers`: 0 of
   * them, and who talks to whom as applications say it (DNS, TLS, HTTP without its target, …). `none`: no raw bytes at
   * all and nothing applications say. Default `full`.
   */
  readonly payload?: PayloadPolicy
  /**
   * Longest bus line the event may give, in bytes, newline included; payload and then more is cut until it fits.
   * At least 4096; default 65000. Strict mode ignores it.
   */
  readonly maxLineBytes?: number
  /** Whether `Meta` names the flow by its Community ID v1; a number is the seed, 0 to 65535. Default `true`: seed 0. */
  readonly communityId?: boolean | number
}

const DEFAULT_MAX_LINE_BYTES = 65_000
/** Holds prefix, action, time and devices of any packet. */
const MIN_MAX_LINE_BYTES = 4096

/** Options with the defaults in place. */
export interface ResolvedOptions {
  extended: boolean
  action: string | undefined
  recentDomainSrc: string
  recentDomainDst: string
  recentDomains: DomainSource | undefined
  /** Application bytes to keep; -1 keeps no raw bytes at all. */
  keep: number
  /** Whether decoded applications are shown. */
  showsApplications: boolean
  /** Whether they are shown with what is asked for, and not only of whom. */
  showsContent: boolean
  maxLineBytes: number
  /** Seed of Community IDs, `undefined` for none. */
  communityIdSeed: number | undefined
}

/** @throws RangeError when `payload`, `maxLineBytes` or `communityId` is out of range. */
export function resolveOptions(options: PacketInfoOptions = {}): ResolvedOptions {
  const { extended = true, action, maxLineBytes = DEFAULT_MAX_LINE_BYTES } = options
  if (!(maxLineBytes >= MIN_MAX_LINE_BYTES)) {
    throw new RangeError(`maxLineBytes is ${maxLineBytes}; give at least ${MIN_MAX_LINE_BYTES}`)
  }
  return {
    extended,
    action,
    recentDomainSrc: options.recentDomainSrc ?? '',
    recentDomainDst: options.recentDomainDst ?? '',
    recentDomains: options.recentDomains,
    keep: bytesToKeep(options.payload ?? 'full'),
    showsApplications: options.payload !== 'none',
    showsContent: options.payload !== 'none' && options.payload !== 'headers',
    maxLineBytes: extended ? maxLineBytes : Number.POSITIVE_INFINITY,
    communityIdSeed: extended ? seedOf(options.communityId ?? true) : undefined
  }
}

function seedOf(communityId: boolean | number): number | undefined {
  if (typeof communityId === 'boolean') return communityId ? 0 : undefined
  if (Number.isInteger(communityId) && communityId >= 0 && communityId <= 0xffff) return communityId
  throw new RangeError(`communityId is ${communityId}; give a boolean or a seed, a whole number from 0 to 65535`)
}

function bytesToKeep(policy: PayloadPolicy): number {
  switch (policy) {
    case 'full':
      return Number.POSITIVE_INFINITY
    case 'headers':
      return 0
    case 'none':
      return -1
    default:
      if (typeof policy === 'number' && policy >= 0) return Math.floor(policy)
      throw new RangeError(`payload is ${String(policy)}; give 'full', 'headers', 'none' or a number of bytes`)
  }
}
