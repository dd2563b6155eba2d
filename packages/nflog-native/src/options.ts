import type { NativeConfig } from './native.js'

/** What can be changed while a socket is open: everything but the signal. */
export interface NflogChanges {
  /**
   * Group or groups to read, 0 to 65535. A group can have one reader on the whole machine (network namespace).
   * Changing them gives up those that are no longer named; what the kernel held of them is delivered.
   */
  groups?: number | readonly number[] | undefined
  /** Bytes copied of each packet, from the network header on. 0: metadata only. Default 65531, the most there is. */
  copyBytes?: number | undefined
  /** Packets that the kernel collects before it wakes the reader. Default 256. */
  queueThreshold?: number | undefined
  /**
   * Longest time in milliseconds that the kernel holds a packet back; it counts in steps of 10.
   * Default 0: until its next tick, 1 to 10 ms by its CONFIG_HZ.
   */
  flushMs?: number | undefined
  /** Size in bytes of what the kernel collects packets in, 8192 to 131072. Default 65024. */
  netlinkBufferBytes?: number | undefined
  /** Receive buffer in bytes, the queue between kernel and reader. Default 32 MiB; `settings` tells what was granted. */
  receiveBufferBytes?: number | undefined
  /**
   * The receive buffer doubles when the reader finds it more than half full, up to this many bytes.
   * Default 64 MiB, or `receiveBufferBytes` if that is more; equal to `receiveBufferBytes`, the buffer stays as it is.
   */
  receiveBufferMaxBytes?: number | undefined
  /** Number packets per group, which makes loss exact; `global` numbers them over all groups as well. Default true. */
  sequence?: boolean | 'global' | undefined
  /** Ask for the connection a packet belongs to; needs `nf_conntrack_netlink` in the kernel. Default false. */
  conntrack?: boolean | undefined
  /** When the receive buffer overflows: count it, make the reader's next read throw once, or take no notice. Default `count`. */
  overrun?: 'count' | 'throw' | 'ignore' | undefined
}

export interface NflogOptions extends NflogChanges {
  groups: number | readonly number[]
  /** Closes the socket at once; whoever is reading gets the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Options with their defaults applied, as they are in effect. */
export interface NflogSettings {
  readonly groups: readonly number[]
  readonly copyBytes: number
  readonly queueThreshold: number
  /** Rounded up to the kernel's steps of 10 ms. */
  readonly flushMs: number
  readonly netlinkBufferBytes: number
  /** What the kernel granted, grown as it may be. */
  readonly receiveBufferBytes: number
  readonly receiveBufferMaxBytes: number
  readonly sequence: boolean | 'global'
  readonly conntrack: boolean
  readonly overrun: 'count' | 'throw' | 'ignore'
}

type NumberName =
  | 'copyBytes'
  | 'queueThreshold'
  | 'flushMs'
  | 'netlinkBufferBytes'
  | 'receiveBufferBytes'
  | 'receiveBufferMaxBytes'

const mebibyte = 1024 * 1024

const defaults: NflogSettings = {
  groups: [],
  copyBytes: 65531,
  queueThreshold: 256,
  // The smallest step beyond, 10 ms, is up to 20 where the kernel ticks 100 times a second.
  flushMs: 0,
  // With the kernel's own header it fills one block of 64 KiB.
  netlinkBufferBytes: 65536 - 512,
  receiveBufferBytes: 32 * mebibyte,
  receiveBufferMaxBytes: 64 * mebibyte,
  sequence: true,
  conntrack: false,
  overrun: 'count'
}

// Where the kernel clamps, wraps or silently ignores a value, the range stops before.
const ranges: { readonly [name in NumberName]: readonly [number, number] } = {
  copyBytes: [0, 65531],
  queueThreshold: [1, 0xffff_ffff],
  flushMs: [0, 3_600_000],
  netlinkBufferBytes: [8192, 131072],
  receiveBufferBytes: [4096, 0x3fff_ffff],
  receiveBufferMaxBytes: [4096, 0x3fff_ffff]
}

const changeNames: readonly string[] = Object.keys(defaults)
const optionNames: readonly string[] = [...changeNames, 'signal']

const copyMeta = 1
const copyPacket = 2
const sequenceFlag = 1
const globalSequenceFlag = 2
const conntrackFlag = 4

/** @throws TypeError or RangeError that names the option. */
export function parseOptions(options: NflogOptions): NflogSettings {
  refuseUnknown(options, optionNames)
  const { signal, receiveBufferBytes, receiveBufferMaxBytes } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  // A cap that is named alone holds the default down as well.
  const isCapped = receiveBufferBytes === undefined && receiveBufferMaxBytes !== undefined
  const base = isCapped
    ? { ...defaults, receiveBufferBytes: Math.min(defaults.receiveBufferBytes, receiveBufferMaxBytes) }
    : defaults
  return merge({ ...base, groups: parseGroups(options.groups) }, options)
}

/** @throws TypeError or RangeError that names the option. */
export function parseChanges(current: NflogSettings, changes: NflogChanges): NflogSettings {
  refuseUnknown(changes, changeNames)
  return merge(current, changes)
}

/** The same in the kernel's units. */
export function toNativeConfig(settings: NflogSettings): NativeConfig {
  const { copyBytes, sequence, conntrack, overrun } = settings
  return {
    groups: Uint16Array.from(settings.groups),
    copyMode: copyBytes === 0 ? copyMeta : copyPacket,
    copyRange: copyBytes,
    netlinkBufferBytes: settings.netlinkBufferBytes,
    flushCentiseconds: settings.flushMs / flushStepMs,
    queueThreshold: settings.queueThreshold,
    flags:
      (sequence === false ? 0 : sequenceFlag) |
      (sequence === 'global' ? globalSequenceFlag : 0) |
      (conntrack ? conntrackFlag : 0),
    receiveBufferBytes: settings.receiveBufferBytes,
    receiveBufferMaxBytes: settings.receiveBufferMaxBytes,
    silenceOverruns: overrun === 'ignore',
    reportOverruns: overrun === 'throw'
  }
}

const flushStepMs = 10

function merge(base: NflogSettings, changes: NflogChanges): NflogSettings {
  const number = (name: NumberName): number => {
    const value = changes[name]
    return value === undefined ? base[name] : checkInteger(name, value, ranges[name])
  }
  const receiveBufferBytes = number('receiveBufferBytes')
  const receiveBufferMaxBytes = number('receiveBufferMaxBytes')
  if (changes.receiveBufferMaxBytes !== undefined && receiveBufferMaxBytes < receiveBufferBytes) {
    throw new RangeError(
      `receiveBufferMaxBytes must not be less than receiveBufferBytes (${receiveBufferBytes}), and is ${receiveBufferMaxBytes}`
    )
  }
  return {
    groups: changes.groups === undefined ? base.groups : parseGroups(changes.groups),
    copyBytes: number('copyBytes'),
    queueThreshold: number('queueThreshold'),
    flushMs: Math.ceil(number('flushMs') / flushStepMs) * flushStepMs,
    netlinkBufferBytes: number('netlinkBufferBytes'),
    receiveBufferBytes,
    receiveBufferMaxBytes: Math.max(receiveBufferMaxBytes, receiveBufferBytes),
    sequence: checkOneOf('sequence', changes.sequence ?? base.sequence, [true, false, 'global']),
    conntrack: checkOneOf('conntrack', changes.conntrack ?? base.conntrack, [true, false]),
    overrun: checkOneOf('overrun', changes.overrun ?? base.overrun, ['count', 'throw', 'ignore'])
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

function checkOneOf<T>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find(one => one === value)
  if (found === undefined)
    throw new TypeError(`${name} must be ${allowed.map(quote).join(' or ')}, not ${String(value)}`)
  return found
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function checkInteger(name: string, value: unknown, [min, max]: readonly [number, number]): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`)
  }
  return value
}

function refuseUnknown(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object, not ${options === null ? 'null' : typeof options}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`unknown option ${name}; known are ${known.join(', ')}`)
  }
}
