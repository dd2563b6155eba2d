/** Of packets, of SPR's event store, of most others. */
const KEYS = ['Timestamp', 'time', 'timestamp', 'Time'] as const

/** When an event happened, as it tells itself: RFC 3339; undefined where it does not. */
export function eventTime(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of KEYS) {
    const time: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
    if (typeof time === 'string' && RFC_3339.test(time)) return time
  }
  return undefined
}

/** The same in milliseconds since the epoch, of an event's text. */
export function eventTimeMs(text: string): number | undefined {
  const time = eventTime(parseValue(text))
  const ms = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(ms) ? undefined : ms
}

/** An event's value: JSON, else the text itself. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/
