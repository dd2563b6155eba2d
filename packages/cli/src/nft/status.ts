import { formatRule } from './format.js'
import { isOwned } from './marker.js'
import { counterOf, eachRule, groupLogOf, type Ruleset } from './ruleset.js'

/** A rule that logs to a group. */
interface LogRuleStatus {
  family: string
  table: string
  chain: string
  prefix: string
  group: number
  /** True when `packet-logs nft install` put or rewrote it. */
  owned: boolean
  /** Absent when the rule has no counter. */
  packets?: number
  bytes?: number
  /** The rule in nft syntax. */
  rule: string
}

/** A group that rules log to, and who reads it. */
export interface GroupStatus {
  group: number
  /** `unknown` when the kernel's list may not be read. */
  listener: 'yes' | 'no' | 'unknown'
  /** Netlink port of the listener; for the first socket of a process this is its process id. */
  portId?: number
  /** Packets the kernel holds for the listener at the moment. */
  queued?: number
}

export interface NftStatus {
  installed: boolean
  rules: readonly LogRuleStatus[]
  groups: readonly GroupStatus[]
}

/** Puts the ruleset beside the kernel's list of listeners (`/proc/net/netfilter/nfnetlink_log`). */
export function describeStatus(ruleset: Ruleset, nfnetlinkLog: string | undefined): NftStatus {
  const rules: LogRuleStatus[] = []
  for (const { at, rule } of eachRule(ruleset)) {
    const log = groupLogOf(rule)
    if (!log) continue
    rules.push({ ...at, ...log, owned: isOwned(rule), ...counterOf(rule), rule: formatRule(rule) })
  }
  const listeners = nfnetlinkLog === undefined ? undefined : parseListeners(nfnetlinkLog)
  const groups = [...new Set(rules.map(rule => rule.group))].sort((a, b) => a - b)
  return {
    installed: rules.some(rule => rule.owned),
    rules,
    groups: groups.map(group => describeGroup(group, listeners))
  }
}

function describeGroup(group: number, listeners: Map<number, Listener> | undefined): GroupStatus {
  if (!listeners) return { group, listener: 'unknown' }
  const listener = listeners.get(group)
  return listener ? { group, listener: 'yes', ...listener } : { group, listener: 'no' }
}

export interface Listener {
  portId: number
  queued: number
}

/** `/proc/net/netfilter/nfnetlink_log`, by group. Columns: group, port id, queued packets, copy mode, copy range, timeout, references. */
export function parseListeners(text: string): Map<number, Listener> {
  const listeners = new Map<number, Listener>()
  for (const row of text.split('\n')) {
    const [group, portId, queued] = row.trim().split(/\s+/).map(Number)
    if (group === undefined || portId === undefined || queued === undefined || Number.isNaN(group)) continue
    listeners.set(group, { portId, queued })
  }
  return listeners
}
