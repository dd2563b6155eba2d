import { toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { safeText } from '../../text/safe-text.js'
import type { PacketInfo } from '../packet-info/packet-info.js'
import type { PacketSummary } from './summary.js'
import { summarise } from './summary.js'

/** The parts of a summary, in the order they are written. */
export type SummaryPart = 'time' | 'action' | 'prefix' | 'devices' | 'protocol' | 'endpoints' | 'detail'

export interface SummaryOptions {
  /** Dresses one part, in colours for example; it is padded and safe already. Default: as it is. */
  readonly style?: (part: SummaryPart, text: string, summary: PacketSummary) => string
  /** Longest line in characters, as far as they come from the packet; the rest gives way to `…`. Default 1000. */
  readonly maxLength?: number
}

const DEFAULT_MAX_LENGTH = 1000
/** Columns, so that lines under each other are easy on the eye. */
const WIDTHS = { time: 0, action: 7, prefix: 12, devices: 11, protocol: 6, endpoints: 0 } as const

/**
 * A packet as one line for people: when, what, where, who, and what is known beyond. Harmless to a terminal, whatever
 * the packet holds. Takes a packet that was logged, or its event; of any other value there is none.
 */
export function formatSummary(packet: LoggedPacket | PacketInfo, options?: SummaryOptions): string
export function formatSummary(value: unknown, options?: SummaryOptions): string | undefined
export function formatSummary(value: unknown, options: SummaryOptions = {}): string | undefined {
  const summary = summarise(isLoggedPacket(value) ? toPacketInfo(value, { payload: 0 }) : value)
  if (summary === undefined) return undefined
  const { style, maxLength = DEFAULT_MAX_LENGTH } = options
  const parts: [SummaryPart, string][] = []
  for (const part of ['time', 'action', 'prefix', 'devices', 'protocol', 'endpoints'] as const) {
    parts.push([part, safeText(summary[part]).padEnd(WIDTHS[part])])
  }
  for (const detail of summary.details) parts.push(['detail', safeText(detail)])
  return join(parts, maxLength, (part, text) => style?.(part, text, summary) ?? text)
}

function join(
  parts: readonly (readonly [SummaryPart, string])[],
  maxLength: number,
  style: (part: SummaryPart, text: string) => string
): string {
  const dressed: string[] = []
  let left = maxLength
  for (const [part, text] of parts) {
    if (text === '' || left <= 0) continue
    dressed.push(style(part, text.length > left ? `${text.slice(0, left)}…` : text))
    left -= text.length + 1
  }
  return dressed.join(' ').trimEnd()
}

/** Events have text where a logged packet has bytes. */
export function isLoggedPacket(value: unknown): value is LoggedPacket {
  return typeof value === 'object' && value !== null && 'payload' in value && value.payload instanceof Uint8Array
}
