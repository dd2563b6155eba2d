import type { PacketInfo } from '@packet-logs/decoder'
import { safeText } from '@packet-logs/decoder'

/** What is in every layer, one indented line per layer, without its raw bytes; safe for a terminal. */
export function formatLayers(event: PacketInfo): string[] {
  return Object.entries(event).flatMap(([name, layer]) => {
    if (typeof layer !== 'object' || layer === null) return []
    const fields = Object.entries(layer as object).flatMap(([field, value]) => {
      if (value === null || field === 'Contents' || field === 'Payload') return []
      return [`${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`]
    })
    return [safeText(`  ${name.padEnd(8)} ${fields.join(' ')}`)]
  })
}
