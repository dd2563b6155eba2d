import { formatSummary, type PacketSummary, type SummaryPart, safeJson, safeText } from '@packet-logs/decoder'
import type { Colors } from 'picocolors/types.js'

export interface BusEventText {
  topic: string
  /** The value as it travelled: JSON, or any text. */
  value: string
}

const maxValueLength = 2_000

/** One event as one line for people; harmless to a terminal whatever the event holds. */
export function formatEventLine(event: BusEventText, colors: Colors, now: Date): string {
  const value = parseValue(event.value)
  return (
    formatSummary(value, { style: (part, text, packet) => paint(part, text, packet, colors) }) ??
    formatOtherLine(event.topic, value, colors, now)
  )
}

/**
 * One event as SPR's tools print it: `{"Topic":…,"Value":…}`, the value parsed when it is JSON, else as a string. Harmless to
 * a terminal, too.
 */
export function formatEventJson(event: BusEventText): string {
  return safeJson(`{"Topic":${JSON.stringify(event.topic)},"Value":${jsonOnOneLine(event.value)}}`)
}

/** JSON passes through as it is, so that numbers keep their digits; only blanks that are control characters have to go. */
function jsonOnOneLine(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text)
    return /[\n\r\t]/.test(text) ? JSON.stringify(parsed) : text
  } catch {
    return JSON.stringify(text)
  }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** One part of a packet's line, in its colour. */
export function paint(part: SummaryPart, text: string, { action }: PacketSummary, colors: Colors): string {
  switch (part) {
    case 'time':
    case 'devices':
      return colors.dim(text)
    case 'action':
      return action === 'blocked' ? colors.red(text) : colors.green(text)
    case 'prefix':
      return colors.bold(text)
    case 'detail':
      return colors.cyan(text)
    case 'protocol':
    case 'endpoints':
      return text
  }
}

function formatOtherLine(topic: string, value: unknown, { dim, bold }: Colors, now: Date): string {
  const compact = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = compact.length > maxValueLength ? `${compact.slice(0, maxValueLength)}…` : compact
  return `${dim(localTime(now))} ${bold(safeText(topic))} ${safeText(shown)}`
}

function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
