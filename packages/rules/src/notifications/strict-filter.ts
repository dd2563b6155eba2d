import { topicOf } from '@packet-logs/decoder'
import { parseNetwork } from '../filter/address.js'
import { quoteText } from '../filter/quote-text.js'
import type { NotificationEntry } from './entry.js'

const PACKETS = 'nft:'

/**
 * The filter that says what an entry's author most likely meant: any case, any protocol by name, ports without a
 * protocol, networks as well as addresses, and a prefix that takes in the longer ones (`nft:drop` has `nft:drop:input`).
 * Undefined for an entry that can never match.
 */
export function strictFilter({ Conditions: wanted, Notification }: NotificationEntry): string | undefined {
  if (!Notification) return undefined
  const topic = wantedTopic(wanted.Prefix)
  const addresses = [
    ['src.ip', wanted.SrcIP],
    ['dst.ip', wanted.DstIP]
  ] as const
  if (addresses.some(([, text]) => text !== '' && parseNetwork(text.trim()) === undefined)) return undefined
  const conditions = [
    topicCondition(topic),
    protocolCondition(wanted.Protocol),
    ...addresses.map(([field, text]) => addressCondition(field, text.trim())),
    wanted.SrcPort === 0 ? '' : `src.port == ${wanted.SrcPort}`,
    wanted.DstPort === 0 ? '' : `dst.port == ${wanted.DstPort}`,
    wanted.InDev.trim() === '' ? '' : `inDevice == ${quoteText(wanted.InDev.trim())}`,
    wanted.OutDev.trim() === '' ? '' : `outDevice == ${quoteText(wanted.OutDev.trim())}`
  ].filter(condition => condition !== '')
  return conditions.length === 0 ? 'topic.startsWith("nft:")' : conditions.join(' && ')
}

function topicCondition(topic: string): string {
  if (topic === PACKETS) return ''
  const whole = `topic == ${quoteText(topic)}`
  // The kernel's prefixes have 127 bytes at most: nothing goes on behind so long a one.
  return topic.length > 200 ? whole : `(${whole} || topic.startsWith(${quoteText(`${topic}:`)}))`
}

/** The topic a prefix stands for, written with or without `nft:`, in whatever case. */
export function wantedTopic(prefix: string): string {
  const bare = topicOf(prefix).slice(PACKETS.length)
  const topic = bare === 'nft' ? '' : bare.startsWith(PACKETS) ? bare.slice(PACKETS.length) : bare
  return topicOf(topic.replace(/:+$/, ''))
}

/** Protocols people write by other names than the filter language. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['ipv6-icmp', 'icmpv6'],
  ['icmp6', 'icmpv6'],
  ['ip-in-ip', 'ipip'],
  ['any', ''],
  ['all', ''],
  ['*', '']
])

function protocolCondition(protocol: string): string {
  const name = protocol.trim().toLowerCase()
  const known = OTHER_NAMES.get(name) ?? name
  return known === '' ? '' : `protocol == ${quoteText(known)}`
}

function addressCondition(field: string, text: string): string {
  if (text === '') return ''
  return text.includes('/') ? `inCidr(${field}, ${quoteText(text)})` : `${field} == ${quoteText(text)}`
}
