import {
  formatEve,
  formatPacketInfo,
  formatSummary,
  formatUlogd,
  type LoggedPacket,
  toPacketInfo
} from '@packet-logs/decoder'
import type { Colors } from 'picocolors/types.js'
import { paint } from '../events/event-line.js'
import { formatLayers } from '../events/packet-layers.js'

export interface FormatterOptions {
  strict?: boolean | undefined
  colors: Colors
}

/** Turns packets into text of one or more lines; `undefined` for a packet that strict mode drops. */
export function decodeFormatter(
  format: 'summary' | 'layers' | 'spr' | 'ulogd' | 'eve',
  { strict = false, colors }: FormatterOptions
): (packet: LoggedPacket) => string | undefined {
  const summary = (packet: LoggedPacket): string => {
    return formatSummary(packet, { style: (part, text, about) => paint(part, text, about, colors) })
  }
  switch (format) {
    case 'summary':
      return summary
    case 'layers':
      return packet => [summary(packet), ...formatLayers(toPacketInfo(packet, { payload: 0 }))].join('\n')
    case 'spr':
      return packet => formatPacketInfo(packet, { extended: !strict })
    case 'ulogd':
      return packet => formatUlogd(packet)
    case 'eve':
      return packet => formatEve(packet)
  }
}
