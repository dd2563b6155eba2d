import type { NftErrorCode } from '../errors.js'
import { eachRule, logOf, type Ruleset } from '../nft/ruleset.js'
import { describeStatus, type GroupStatus, parseListeners } from '../nft/status.js'
import type { Snapshot } from './snapshot.js'

/** One thing that was looked at. */
export interface Finding {
  /** `problem`: packets or events are missing, or will be; `note`: worth knowing; `ok`: in order. */
  severity: 'ok' | 'note' | 'problem'
  /** What was looked at; stable. */
  about: 'privilege' | 'nft' | 'rules' | 'group' | 'overrun' | 'bus' | 'events' | 'clock'
  message: string
  /** What to do about it. */
  fix?: string
}

/** Nothing here was made before that: an earlier clock is one that was never set. */
const earliestMs = Date.UTC(2024, 0, 1)
const largestSkewMs = 5_000

/** Explains a system that shows no packets, or too few. Pure, so that every case can be told without making it happen. */
export function diagnose(snapshot: Snapshot): Finding[] {
  return [
    ...aboutPrivilege(snapshot),
    ...aboutNft(snapshot),
    ...aboutRules(snapshot),
    ...aboutGroups(snapshot),
    ...aboutOverruns(snapshot),
    ...aboutBus(snapshot),
    ...aboutEvents(snapshot),
    ...aboutClock(snapshot)
  ]
}

function aboutPrivilege({ hasNetAdmin }: Snapshot): Finding[] {
  if (hasNetAdmin) return [{ severity: 'ok', about: 'privilege', message: 'this user may administrate the network' }]
  const message = 'without CAP_NET_ADMIN neither log rules nor their readers can be seen, and packets cannot be read'
  return [{ severity: 'problem', about: 'privilege', message, fix: 'sudo packet-logs doctor' }]
}

const oldestNft = '0.9.4'

/** What to do about a ruleset that cannot be read. */
const rulesetFixes: Partial<Record<NftErrorCode, string>> = {
  NFT_NOT_FOUND: 'apt-get install nftables',
  NFT_PERMISSION: 'run it as root, and in a container with CAP_NET_ADMIN',
  NFT_NAMESPACE: 'ip netns list',
  NFT_OUTPUT: `install nftables ${oldestNft} or newer, with JSON support`
}

function aboutNft({ nftVersion, rulesetError, hasNetAdmin }: Snapshot): Finding[] {
  const about = 'nft'
  const findings: Finding[] = nftVersion === undefined ? [] : [versionFinding(nftVersion)]
  if (!rulesetError) return findings
  // That was the first finding.
  if (rulesetError.code === 'NFT_PERMISSION' && !hasNetAdmin) return findings
  const fix = (rulesetError.code && rulesetFixes[rulesetError.code]) ?? 'see whether this works: nft -j list ruleset'
  return [...findings, { severity: 'problem', about, message: rulesetError.message, fix }]
}

function versionFinding(nftVersion: string): Finding {
  const message = `nft ${nftVersion}`
  if (compareVersions(nftVersion, oldestNft) < 0) {
    const old = `${message} is too old: it cannot list comments as JSON, so installed rules are not recognised`
    return { severity: 'problem', about: 'nft', message: old, fix: `upgrade nftables to ${oldestNft} or newer` }
  }
  if (compareVersions(nftVersion, '1.0.7') < 0) {
    const trap = `${message} stores group, snaplen and queue-threshold beyond 65535 modulo 65536 without a word`
    const fix = 'let packet-logs nft install write log rules: it checks what nft does not'
    return { severity: 'note', about: 'nft', message: trap, fix }
  }
  return { severity: 'ok', about: 'nft', message }
}

function aboutRules({ rulesets }: Snapshot): Finding[] {
  if (!rulesets) return []
  const ruleset = rulesets.after
  const { rules } = describeStatus(ruleset, undefined)
  const findings: Finding[] = []
  if (rules.length === 0) {
    const message = 'no nft rule logs to a group, so there is nothing to read'
    findings.push({ severity: 'problem', about: 'rules', message, fix: 'packet-logs nft install' })
  } else {
    const groups = new Set(rules.map(rule => rule.group))
    const message = `${count(rules.length, 'rule logs', 'rules log')} to ${count(groups.size, 'group', 'groups')}`
    findings.push({ severity: 'ok', about: 'rules', message })
  }
  const toKernelLog = countKernelLogs(ruleset)
  if (toKernelLog > 0) {
    const message = `${count(toKernelLog, 'rule logs', 'rules log')} to the kernel log (dmesg), which nobody turns into events`
    const fix = 'give them a group (log prefix "…" group 1); on SPR: packet-logs nft install --profile spr'
    findings.push({ severity: 'note', about: 'rules', message, fix })
  }
  return findings
}

function countKernelLogs(ruleset: Ruleset): number {
  return [...eachRule(ruleset)].filter(({ rule }) => {
    return rule.expr.some(statement => logOf(statement) && logOf(statement)?.['group'] === undefined)
  }).length
}

function aboutGroups({ rulesets, nfnetlinkLog, sockets }: Snapshot): Finding[] {
  if (!rulesets) return []
  const { groups } = describeStatus(rulesets.after, nfnetlinkLog)
  return groups.map((group): Finding => {
    const about = 'group'
    if (group.listener === 'unknown') {
      const message = `who reads group ${group.group} cannot be seen`
      return { severity: 'note', about, message, fix: 'run as root, in the network namespace of the rules' }
    }
    if (group.listener === 'no') {
      const message = `nobody reads group ${group.group}: its packets are lost`
      return { severity: 'problem', about, message, fix: `packet-logsd --group ${group.group}` }
    }
    const owner = sockets.find(({ portId }) => portId === group.portId)?.owner
    return ownerFinding(group, owner)
  })
}

function ownerFinding(group: GroupStatus, owner: { pid: number; command: string } | undefined): Finding {
  const message = `group ${group.group} is read by`
  const about = 'group'
  if (!owner) {
    const unknown = `${message} a process that cannot be seen from here (netlink port ${group.portId})`
    return {
      severity: 'note',
      about,
      message: unknown,
      fix: 'look on the host, or in the container that shares this network'
    }
  }
  const text = `${message} ${owner.command} (pid ${owner.pid})`
  if (/packet[-_]logs/.test(owner.command)) return { severity: 'ok', about, message: text }
  const fix = 'a group has one reader: if that is not meant to be it, stop it or log to another group'
  return { severity: 'note', about, message: text, fix }
}

/** Other things speak over such sockets as well, connection tracking for one: only readers of groups count. */
function aboutOverruns({ sockets, nfnetlinkLog = '' }: Snapshot): Finding[] {
  const readers = new Set([...parseListeners(nfnetlinkLog).values()].map(({ portId }) => portId))
  return sockets
    .filter(({ drops, portId }) => drops > 0 && readers.has(portId))
    .map(({ drops, owner, portId }): Finding => {
      const who = owner ? `${owner.command} (pid ${owner.pid})` : `netlink port ${portId}`
      return {
        severity: 'problem',
        about: 'overrun',
        message: `the kernel has dropped ${count(drops, 'datagram', 'datagrams')} of packets for ${who}: it did not read fast enough`,
        fix: 'capture.receiveBufferBytes in its configuration; fewer packets (limit rate on the log rule); smaller ones (snaplen)'
      }
    })
}

function aboutBus({ bus }: Snapshot): Finding[] {
  if (bus.path !== undefined) return [{ severity: 'ok', about: 'bus', message: `a bus answers at ${bus.path}` }]
  if (bus.error !== undefined) {
    const fix = 'run it as the user of the bus or as root, or name another socket with --socket PATH'
    return [{ severity: 'problem', about: 'bus', message: bus.error, fix }]
  }
  const message = `no bus answers at ${bus.candidates.join(', ')}`
  const fix = 'start packet-logsd, or name the socket with --socket PATH'
  return [{ severity: 'problem', about: 'bus', message, fix }]
}

function aboutEvents({ rulesets, bus, watchedMs }: Snapshot): Finding[] {
  if (!rulesets || bus.path === undefined) return []
  const logged = loggedPackets(rulesets.after) - loggedPackets(rulesets.before)
  const during = `in ${watchedMs / 1000} s`
  if (bus.events > 0) {
    const message = `${count(bus.events, 'packet event', 'packet events')} on the bus ${during}`
    return [{ severity: 'ok', about: 'events', message }]
  }
  if (logged > 0) {
    const message = `log rules counted ${count(logged, 'packet', 'packets')} ${during}, but the bus showed none`
    const fix = 'is packet-logsd running, with these groups, in the network namespace of the rules, and on this bus?'
    return [{ severity: 'problem', about: 'events', message, fix }]
  }
  const message = `no log rule has seen a packet ${during}`
  return [{ severity: 'note', about: 'events', message, fix: 'watch longer with --seconds 30, or make some traffic' }]
}

/** Packets that the counters in front of log statements have seen. */
function loggedPackets(ruleset: Ruleset): number {
  return describeStatus(ruleset, undefined).rules.reduce((sum, { packets = 0 }) => sum + packets, 0)
}

function aboutClock({ nowMs, bus }: Snapshot): Finding[] {
  const about = 'clock'
  const fix = 'set the clock (timedatectl set-ntp true); packets carry its time'
  if (nowMs < earliestMs) {
    const message = `the clock says ${new Date(nowMs).toISOString().slice(0, 10)}: it was never set`
    return [{ severity: 'problem', about, message, fix }]
  }
  if (!bus.newest) return []
  const skewMs = bus.newest.receivedMs - bus.newest.loggedMs
  if (Math.abs(skewMs) <= largestSkewMs) return []
  const message = `the newest event is ${Math.abs(Math.round(skewMs / 1000))} s ${skewMs > 0 ? 'old' : 'in the future'}`
  return [
    { severity: 'problem', about, message, fix: `the publisher is behind, or on a host with another time: ${fix}` }
  ]
}

function count(number: number, one: string, many: string): string {
  return number === 1 ? `1 ${one}` : `${number} ${many}`
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(version => version.split('.').map(Number))
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
