import type { NativeConfig } from './native.js'

/** What can be changed while a socket is open. */
export interface NflogChanges {
  /** Bytes copied of each packet, from the network header on. 0: metadata only. Default 65531, the most there is. */
  copyBytes?: number | undefined
  /** Packets that the kernel collects before it wakes the reader. Default 256. */
  queueThreshold?: number | undefined
  /** Longest time in milliseconds that the kernel holds a packet back; it counts in steps of 10. Default 10. */
  flushMs?: number | undefined
  /** Size in bytes of what the kernel collects packets in, 8192 to 131072. Default 65024. */
  netlinkBufferBytes?: number | undefined
  /** Receive buffer in bytes, the queue between kernel and reader. Default 32 MiB; `stats` tells what was granted. */
  receiveBufferBytes?: number | undefined
}

export interface NflogOptions extends NflogChanges {
  /** Group or groups to read, 0 to 65535. A group can have one reader on the whole machine (network namespace). */
  groups: number | readonly number[]
  /** Number packets per group, which makes loss exact; `global` numbers them over all groups as well. Default true. */
  sequence?: boolean | 'global' | undefined
  /** When the receive buffer overflows: count it, make the reader's next read throw once, or take no notice. Default `count`. */
  overrun?: 'count' | 'throw' | 'ignore' | undefined
  /** Closes the socket at once; whoever is reading gets the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Options with their defaults applied and checked. */
export interface Settings {
  groups: readonly number[]
  tuning: Required<{ [name in keyof NflogChanges]: number }>
  sequence: boolean | 'global'
  overrun: 'count' | 'throw' | 'ignore'
  signal: AbortSignal | undefined
}

type Tuning = Settings['tuning']

const defaults: Tuning = {
  copyBytes: 65531,
  queueThreshold: 256,
  flushMs: 10,
  // With the kernel's own header it fills one block of 64 KiB.
  netlinkBufferBytes: 65536 - 512,
  receiveBufferBytes: 32 * 1024 * 1024
}

// Where the kernel clamps, wraps or silently ignores a value, the range stops before.
const ranges: { readonly [name in keyof Tuning]: readonly [number, number] } = {
  copyBytes: [0, 65531],
  queueThreshold: [1, 0xffff_ffff],
  flushMs: [0, 3_600_000],
  netlinkBufferBytes: [8192, 131072],
  receiveBufferBytes: [4096, 0x3fff_ffff]
}

const tuningNames = Object.keys(defaults) as (keyof Tuning)[]
const optionNames: readonly string[] = [...tuningNames, 'groups', 'sequence', 'overrun', 'signal']

const copyMeta = 1
const copyPacket = 2
const sequenceFlag = 1
const globalSequenceFlag = 2

/** @throws TypeError or RangeError that names the option. */
export function parseOptions(options: NflogOptions): Settings {
  refuseUnknown(options, optionNames)
  const { sequence = true, overrun = 'count', signal } = options
  if (typeof sequence !== 'boolean' && sequence !== 'global') {
    throw new TypeError(`sequence must be true, false or 'global', not ${String(sequence)}`)
  }
  if (!['count', 'throw', 'ignore'].includes(overrun)) {
    throw new TypeError(`overrun must be 'count', 'throw' or 'ignore', not ${String(overrun)}`)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  return { groups: parseGroups(options.groups), tuning: mergeTuning(defaults, options), sequence, overrun, signal }
}

/** @throws TypeError or RangeError that names the option. */
export function parseChanges(current: Tuning, changes: NflogChanges): Tuning {
  refuseUnknown(changes, tuningNames)
  return mergeTuning(current, changes)
}

/** The same in the kernel's units. */
export function toNativeConfig(settings: Pick<Settings, 'tuning' | 'sequence'>): NativeConfig {
  const { copyBytes, queueThreshold, flushMs, netlinkBufferBytes, receiveBufferBytes } = settings.tuning
  return {
    copyMode: copyBytes === 0 ? copyMeta : copyPacket,
    copyRange: copyBytes,
    netlinkBufferBytes,
    flushCentiseconds: Math.ceil(flushMs / 10),
    queueThreshold,
    flags: (settings.sequence === false ? 0 : sequenceFlag) | (settings.sequence === 'global' ? globalSequenceFlag : 0),
    receiveBufferBytes
  }
}

function parseGroups(groups: unknown): number[] {
  const list: unknown[] = Array.isArray(groups) ? groups : [groups]
  if (list.length === 0) throw new RangeError('groups must name at least one group')
  const seen = new Set<number>()
  for (const group of list) {
    const checked = checkInteger('groups', group, [0, 65535])
    if (seen.has(checked)) throw new RangeError(`groups must name each group once, and names ${checked} twice`)
    seen.add(checked)
  }
  return [...seen]
}

function mergeTuning(base: Tuning, changes: NflogChanges): Tuning {
  const merged = { ...base }
  for (const name of tuningNames) {
    const value = changes[name]
    if (value !== undefined) merged[name] = checkInteger(name, value, ranges[name])
  }
  return merged
}

function checkInteger(name: string, value: unknown, [min, max]: readonly [number, number]): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`)
  }
  return value
}

function refuseUnknown(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`unknown option ${name}; known are ${known.join(', ')}`)
  }
}
