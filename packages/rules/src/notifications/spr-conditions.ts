import type { NotificationEntry } from './entry.js'

/** What SPR's matcher looks at in a packet; an absent layer is undefined. */
export interface SprPacket {
  readonly prefix: string
  readonly inDevice: string
  readonly outDevice: string
  readonly sourceIp: string | undefined
  readonly destinationIp: string | undefined
  readonly hasTcp: boolean
  readonly hasUdp: boolean
  sourcePort(protocol: 'tcp' | 'udp'): number | undefined
  destinationPort(protocol: 'tcp' | 'udp'): number | undefined
}

/** What Go's TrimSpace takes off the end; the front is `nft:`. */
const BLANKS_AT_THE_END = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/

/** What an entry's Prefix is compared with: neither in lower case, nor without blanks in front. */
export function comparedPrefix(prefix: string): string {
  return `nft:${prefix}`.replace(BLANKS_AT_THE_END, '')
}

/** SPR's matcher for one entry, but for its prefix. */
export function meetsConditions({ Conditions: wanted, Notification }: NotificationEntry, packet: SprPacket): boolean {
  if (!Notification || packet.prefix === '') return false
  if (wanted.InDev !== '' && wanted.InDev !== packet.inDevice) return false
  if (wanted.OutDev !== '' && wanted.OutDev !== packet.outDevice) return false
  // Any other word asks nothing, and then the ports are not asked either.
  const protocol = wanted.Protocol === 'tcp' || wanted.Protocol === 'udp' ? wanted.Protocol : undefined
  if (protocol !== undefined) {
    if (!(protocol === 'tcp' ? packet.hasTcp : packet.hasUdp)) return false
    if (wanted.SrcPort !== 0 && wanted.SrcPort !== packet.sourcePort(protocol)) return false
    if (wanted.DstPort !== 0 && wanted.DstPort !== packet.destinationPort(protocol)) return false
  }
  if (wanted.SrcIP !== '' && wanted.SrcIP !== packet.sourceIp) return false
  return wanted.DstIP === '' || wanted.DstIP === packet.destinationIp
}
