import { formatSummary, type PacketInfo, safeText } from '@packet-logs/decoder'
import { formatLayers } from '../events/packet-layers.js'
import { formatGapLine } from '../subscribe/gap-line.js'
import type { LiveEvent } from './event-list.js'
import { wrapWidth } from './width.js'

/** More than anybody scrolls through. */
const maxLines = 10_000
const continuation = '    '

let lastMade: { event: LiveEvent; columns: number; asJson: boolean; lines: readonly string[] } | undefined

/** Everything about one event: the layers of a packet, else its JSON. Plain text, harmless to a terminal. */
export function detailLines(event: LiveEvent, columns: number, asJson: boolean): readonly string[] {
  // The same detail is drawn again and again while events come in.
  if (lastMade?.event === event && lastMade.columns === columns && lastMade.asJson === asJson) return lastMade.lines
  const lines = describe(event, asJson).flatMap(line => wrapWidth(line, Math.max(columns, 10), continuation))
  lastMade = { event, columns, asJson, lines: lines.slice(0, maxLines) }
  return lastMade.lines
}

function describe(event: LiveEvent, asJson: boolean): readonly string[] {
  if (event.gap) return [formatGapLine(event.gap)]
  const head = [`topic   ${safeText(event.topic)}`, `came    ${new Date(event.atMs).toISOString()}`]
  const value = parse(event.value)
  const summary = asJson ? undefined : formatSummary(value)
  if (summary !== undefined) {
    const meta = Object.entries(value as object).filter(([, field]) => typeof field !== 'object' && field !== '')
    const fields = meta.map(([name, field]) => safeText(`${name.padEnd(8)}${String(field)}`))
    return [...head, '', summary, '', ...fields, '', ...formatLayers(value as PacketInfo).map(line => line.trimStart())]
  }
  const text = value === undefined ? event.value : JSON.stringify(value, null, 2)
  return [...head, '', ...text.split('\n').map(safeText)]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
