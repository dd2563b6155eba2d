import type { Notice } from '@packet-logs/rules'
import { formatGoString, reencodeGoObject } from './go-json.js'

/** What else SPR's pages are told of a message. */
interface MessageFlags {
  /** Whether to show it to people. */
  readonly notification: boolean
  /** Whether it is for those who listen to everything only. */
  readonly wildcardAll: boolean
}

/** A text frame as SPR sends it. */
function formatMessage(type: string, data: string, { notification, wildcardAll }: MessageFlags): Buffer {
  const [name, text] = [formatGoString(type), formatGoString(data)]
  return Buffer.from(`{"Type":${name},"Data":${text},"Notification":${notification},"WildcardAll":${wildcardAll}}`)
}

/** The frame of a notice. A packet that SPR's pages cannot draw is passed on, but not to be shown. */
export function formatNotice({ topic, data, notification }: Notice): Buffer {
  const isShown = notification && (!topic.startsWith('nft') || canBeDrawn(data))
  return formatMessage(topic, data, { notification: isShown, wildcardAll: false })
}

/** What SPR sends for an event to those who listen to everything: one frame, two, or for what is no JSON object none. */
export function formatWildcard(topic: string, value: string): readonly Buffer[] {
  const data = reencodeGoObject(value)
  if (data === undefined) return []
  const first = formatMessage(topic, data, { notification: false, wildcardAll: true })
  return isSentTwice(topic) ? [first, formatMessage(topic, data, { notification: true, wildcardAll: false })] : [first]
}

/** Topics that SPR's API itself makes notifications of. */
export function isSentTwice(topic: string): boolean {
  return topic.startsWith('wifi:auth') || topic.startsWith('plugin:') || topic === 'classify:result'
}

/** SPR's pages read `IP` and one of `TCP` and `UDP` of a packet without looking whether they are there. */
function canBeDrawn(data: string): boolean {
  try {
    const info: unknown = JSON.parse(data)
    return hasObject(info, 'IP') && (hasObject(info, 'TCP') || hasObject(info, 'UDP'))
  } catch {
    return false
  }
}

function hasObject(holder: unknown, key: string): boolean {
  if (typeof holder !== 'object' || holder === null) return false
  const value = (holder as Readonly<Record<string, unknown>>)[key]
  return typeof value === 'object' && value !== null
}
