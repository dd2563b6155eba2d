import { quoteText } from '../filter/quote-text.js'
import type { NotificationEntry } from '../notifications/entry.js'
import { comparedPrefix } from '../notifications/spr-conditions.js'

const PACKETS = 'nft:'
/** The kernel's prefixes have 127 bytes, its devices 15, addresses 15: a longer text is never met. */
const MAX_TEXT_CHARACTERS = 256

/** The filter that matches the packets which SPR's matcher matches, quirks included; undefined for an entry that never can. */
export function sprFilter({ Conditions: wanted, Notification }: NotificationEntry): string | undefined {
  const { Prefix, Protocol, SrcIP, DstIP, SrcPort, DstPort, InDev, OutDev } = wanted
  if (!Notification || [Prefix, SrcIP, DstIP, InDev, OutDev].some(text => text.length > MAX_TEXT_CHARACTERS)) {
    return undefined
  }
  const isPossible = Prefix === '' || (Prefix.startsWith(PACKETS) && comparedPrefix(Prefix.slice(4)) === Prefix)
  if (!isPossible) return undefined
  const isTested = Protocol === 'tcp' || Protocol === 'udp'
  return [
    Prefix === '' ? 'has(spr.prefix)' : `spr.prefix == ${quoteText(Prefix.slice(PACKETS.length))}`,
    isTested ? `spr.protocol == ${quoteText(Protocol)}` : '',
    equals('spr.src.ip', SrcIP),
    equals('spr.dst.ip', DstIP),
    isTested && SrcPort !== 0 ? `spr.src.port == ${SrcPort}` : '',
    isTested && DstPort !== 0 ? `spr.dst.port == ${DstPort}` : '',
    equals('inDevice', InDev),
    equals('outDevice', OutDev)
  ]
    .filter(condition => condition !== '')
    .join(' && ')
}

function equals(field: string, text: string): string {
  return text === '' ? '' : `${field} == ${quoteText(text)}`
}
