import type { BusEvent } from '@packet-logs/bus'
import { parseValue } from '../event-value.js'

const PACKET_TOPIC = 'nft:'
/** What SPR's service says of a packet, in its order. */
const SPR_KEYS = [
  'Ethernet',
  'TCP',
  'UDP',
  'IP',
  'DNS',
  'DHCP',
  'RecentDomainSrc',
  'RecentDomainDst',
  'Prefix',
  'Action',
  'Timestamp',
  'InDev',
  'OutDev'
] as const

/** An event as SPR's tools print it, `{"Topic":…,"Value":…}`, with its number: the value parsed when it is JSON, else a text. */
export function formatEventJson({ topic, value, seq }: BusEvent): string {
  const number = seq === undefined ? '' : `"Seq":${seq},`
  return `{${number}"Topic":${JSON.stringify(topic)},"Value":${jsonOnOneLine(value)}}`
}

/** The same as SPR's own bus would have it: no number, and of a packet nothing that SPR's service does not say. */
export function formatSprEventJson({ topic, value }: BusEvent): string {
  const parsed = topic.startsWith(PACKET_TOPIC) ? parseValue(value) : undefined
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return formatEventJson({ topic, value })
  const info = parsed as Readonly<Record<string, unknown>>
  const known = SPR_KEYS.filter(key => Object.hasOwn(info, key)).map(key => [key, info[key]] as const)
  try {
    return formatEventJson({ topic, value: JSON.stringify(Object.fromEntries(known)) })
  } catch {
    // Nested deeper than it can be written: no packet.
    return formatEventJson({ topic, value })
  }
}

/** JSON passes through as it is, so that numbers keep their digits; only line breaks between its parts have to go. */
function jsonOnOneLine(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text)
    return /[\n\r]/.test(text) ? JSON.stringify(parsed) : text
  } catch {
    return JSON.stringify(text)
  }
}
