import { formatLine } from './newline-json/line-format.js'
import { GAP_TOPIC } from './topic-pattern.js'

/** Where events were lost: before they were read from the kernel, in a queue on the way to the bus, or on the way to a reader. */
export type GapPlace = 'kernel' | 'queue' | 'reader'

/** A counted hole in a stream: the value of an event on the topic `bus:gap`. */
export interface Gap {
  /** Number of the first event that is missing; for a loss before the bus, of the notice itself; `null` when unknown. */
  from: number | null
  /** Number of the last one. */
  to: number | null
  /** How many are missing; `null` when nobody can know. */
  lost: number | null
  where: GapPlace
  /** The group of the packets that were lost, if they were of one. */
  group?: number
  /** `lost` is an upper bound. */
  atMost?: true
}

/** A loss that happened before the bus. */
export interface UpstreamLoss {
  where: 'kernel' | 'queue'
  /** Events lost; `null` when nobody can know. */
  lost: number | null
  /** The group of the packets, if they were of one. */
  group?: number
  /** `lost` is an upper bound. */
  atMost?: true
}

/** @throws TypeError, RangeError naming the field */
export function checkLoss({ where, lost, group }: UpstreamLoss): void {
  if (where !== 'kernel' && where !== 'queue') {
    throw new TypeError(`where: expected 'kernel' or 'queue', got ${JSON.stringify(where)}`)
  }
  if (lost !== null && (!Number.isSafeInteger(lost) || lost < 1)) {
    throw new RangeError(`lost: expected a positive integer, or null when it is unknown, got ${String(lost)}`)
  }
  if (group !== undefined && (!Number.isInteger(group) || group < 0 || group > 65_535)) {
    throw new RangeError(`group: expected an integer from 0 to 65535, got ${String(group)}`)
  }
}

/** The line of a gap notice. */
export function formatGap({ from, to, lost, where, group, atMost }: Gap): Buffer {
  const value = JSON.stringify({ from, to, lost, where, group, atMost })
  return Buffer.from(formatLine(GAP_TOPIC, value))
}

/** Reads the value of a `bus:gap` event; `undefined` when it is none. Never throws. */
export function parseGap(value: string): Gap | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { from = null, to = null, lost = null, where, group, atMost } = parsed as Record<string, unknown>
  if (where !== 'kernel' && where !== 'queue' && where !== 'reader') return undefined
  if (!isCount(from) || !isCount(to) || !isCount(lost)) return undefined
  const gap: Gap = { from, to, lost, where }
  if (typeof group === 'number') gap.group = group
  if (atMost === true) gap.atMost = true
  return gap
}

function isCount(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
}
