import type { CaptureRecord } from './captured-packet.js'

const MICRO = 1_000_000n
const NANO = 1_000_000_000n
const HIGH_WORD = 0x1_0000_0000

/** How an interface of a pcapng section counts time. */
export interface CaptureClock {
  unitsPerSecond: bigint
  offsetSeconds: bigint
}

/** The clock of an interface that says nothing about it. */
export const MICROSECOND_CLOCK: CaptureClock = { unitsPerSecond: MICRO, offsetSeconds: 0n }

/** Meaning of if_tsresol: a negative power of ten, or of two when the top bit is set. */
export function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f)
  return (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent
}

/** Sets `timestampUs` and, when the clock is finer, `extraNs`; sets neither where µs would not be a safe integer. */
export function setTimestamp(record: CaptureRecord, high: number, low: number, clock: CaptureClock): void {
  if (clock.offsetSeconds === 0n && clock.unitsPerSecond === MICRO) {
    setMicroseconds(record, high * HIGH_WORD + low)
  } else if (clock.offsetSeconds === 0n && clock.unitsPerSecond === NANO) {
    // Long division by 1000 in two 32-bit digits: nanoseconds since the epoch are past the safe integers.
    const rest = (high % 1000) * HIGH_WORD + low
    const us = Math.floor(high / 1000) * HIGH_WORD + Math.floor(rest / 1000)
    if (setMicroseconds(record, us)) record.extraNs = rest % 1000
  } else {
    const units = (BigInt(high) << 32n) | BigInt(low)
    const ns = (units * NANO) / clock.unitsPerSecond + clock.offsetSeconds * NANO
    const extraNs = ((ns % 1000n) + 1000n) % 1000n
    const known = setMicroseconds(record, Number((ns - extraNs) / 1000n))
    if (known && clock.unitsPerSecond > MICRO) record.extraNs = Number(extraNs)
  }
}

function setMicroseconds(record: CaptureRecord, us: number): boolean {
  const safe = Number.isSafeInteger(us)
  if (safe) record.timestampUs = us
  return safe
}

/** The time of a record as a pcapng interface counts it, in µs or ns, as its high and low 32 bits. */
export function timestampWords(record: CaptureRecord, nanoseconds: boolean): [high: number, low: number] {
  const us = checkedTimestampUs(record)
  if (!nanoseconds) return [Math.floor(us / HIGH_WORD), us % HIGH_WORD]
  const ns = BigInt(us) * 1000n + BigInt(checkedExtraNs(record))
  return [Number(ns >> 32n), Number(ns & 0xffff_ffffn)]
}

/** The time of a record as whole seconds and the rest, in µs or ns. */
export function timestampSeconds(record: CaptureRecord, nanoseconds: boolean): [seconds: number, fraction: number] {
  const us = checkedTimestampUs(record)
  const seconds = Math.floor(us / 1_000_000)
  if (seconds >= HIGH_WORD) {
    throw new RangeError(`timestampUs is ${us}: a pcap file holds times before 2106 only; write pcapng instead`)
  }
  const fraction = us % 1_000_000
  return [seconds, nanoseconds ? fraction * 1000 + checkedExtraNs(record) : fraction]
}

function checkedTimestampUs({ timestampUs = 0 }: CaptureRecord): number {
  if (!Number.isSafeInteger(timestampUs) || timestampUs < 0) {
    throw new RangeError(`timestampUs is ${timestampUs}: it must be a whole number of µs since 1970`)
  }
  return timestampUs
}

function checkedExtraNs({ extraNs = 0 }: CaptureRecord): number {
  if (!Number.isInteger(extraNs) || extraNs < 0 || extraNs > 999) {
    throw new RangeError(`extraNs is ${extraNs}: it must be a whole number from 0 to 999`)
  }
  return extraNs
}
