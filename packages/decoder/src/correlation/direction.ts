import type { LoggedPacket } from '../logged-packet.js'

/** Where a packet goes, seen from the machine that logs: to it, from it, through it, or from itself to itself. */
export type Direction = 'in' | 'out' | 'forward' | 'local'

const LOOPBACK = 'lo'
/** Words that log rules end their prefixes with, SPR's own and those of its older rulesets. */
const WORDS: ReadonlyMap<string, Direction> = new Map([
  ['in', 'in'],
  ['input', 'in'],
  ['inp', 'in'],
  ['out', 'out'],
  ['output', 'out'],
  ['forward', 'forward'],
  ['fwd', 'forward']
])
const LAST_WORD = /([a-z]+)\s*(?:#[^#\s]*\s*)?$/i
/** Netfilter's numbers. Prerouting and postrouting see more than one kind of packet. */
const INPUT = 1
const FORWARD = 2
const OUTPUT = 3
const NETDEV = 5

/**
 * The direction of a packet: what its rule calls itself (`wan:out` in a forward chain is on its way out), else what its
 * hook and devices say. `undefined` when nothing does.
 */
export function directionOf(packet: LoggedPacket): Direction | undefined {
  return namedDirection(packet.prefix) ?? hookDirection(packet)
}

/** What the last word of a log prefix says. */
export function namedDirection(prefix: string): Direction | undefined {
  return WORDS.get(LAST_WORD.exec(prefix)?.[1]?.toLowerCase() ?? '')
}

/** What hook and devices say. */
export function hookDirection({ family, hook, inDevice, outDevice }: LoggedPacket): Direction | undefined {
  if (inDevice === LOOPBACK || outDevice === LOOPBACK) return 'local'
  if (family === NETDEV && hook !== undefined) return hook === 0 ? 'in' : 'out'
  if (hook === INPUT) return 'in'
  if (hook === FORWARD) return 'forward'
  if (hook === OUTPUT) return 'out'
  const comes = inDevice !== undefined && inDevice !== ''
  const goes = outDevice !== undefined && outDevice !== ''
  if (comes) return goes ? 'forward' : 'in'
  return goes ? 'out' : undefined
}
