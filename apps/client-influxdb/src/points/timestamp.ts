/** What Go writes: RFC 3339, up to nine decimals, any zone. */
const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/
/** Seconds that fit into InfluxDB's 64 bits of nanoseconds. */
const MAX_SECONDS = 9_223_372_035
const NANOSECONDS = 1_000_000_000

/** Steps within a microsecond, which is as fine as the kernel stamps packets. */
const SLOTS = 1000

/** A moment, to the nanosecond. */
export interface Timestamp {
  /** Since 1970. */
  readonly seconds: number
  readonly nanoseconds: number
}

let lastText = ''
let lastSeconds = 0

/** Reads an event's time; `undefined` when it is none, or none InfluxDB could store. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const [, date, fraction = '', zone = ''] = RFC_3339.exec(text) ?? []
  if (date === undefined) return undefined
  // Neighbours share their second, and Date.parse is slow.
  const whole = date + zone
  if (whole !== lastText) {
    lastSeconds = Date.parse(whole) / 1000
    lastText = whole
  }
  if (!(lastSeconds >= 0 && lastSeconds < MAX_SECONDS)) return undefined
  return { seconds: lastSeconds, nanoseconds: Number(fraction.padEnd(9, '0')) }
}

/**
 * The time of a point, in nanoseconds. Points of a series with the same time replace each other, and several packets fall into
 * one microsecond; so the event's number chooses the nanosecond: the same one whenever the event is written again. Further
 * points of the event (`index`) follow a microsecond apart.
 */
export function pointTime({ seconds, nanoseconds }: Timestamp, seq: number, index = 0): string {
  const shifted = nanoseconds + (seq % SLOTS) + index * SLOTS
  const carried = shifted >= NANOSECONDS ? 1 : 0
  return `${seconds + carried}${String(shifted - carried * NANOSECONDS).padStart(9, '0')}`
}
