import { topicOf } from '@packet-logs/decoder'

/** An event out of a file, ready to be published again. */
export interface RecordedEvent {
  topic: string
  /** The value as it was published. */
  text: string
  /** When it happened, in milliseconds since the epoch, as far as it says so. */
  timeMs?: number
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a line of a log of events: as they travel on the bus, as `subscribe -j` prints them, as a PacketInfo, or as ulogd
 * writes its JSON file. For anything else the reason why it is none of these.
 */
export function readRecordedEvent(line: string): RecordedEvent | { reason: string } {
  const fields = parseObject(line)
  if (!fields) return { reason: 'it is not a JSON object' }
  const { topic, value, Topic, Value, Prefix } = fields
  if (typeof topic === 'string' && typeof value === 'string') return recorded(topic, value, parseObject(value))
  if (typeof Topic === 'string' && Value !== undefined) {
    const text = typeof Value === 'string' ? Value : JSON.stringify(Value)
    return recorded(Topic, text, parseObject(text))
  }
  if (typeof Prefix === 'string') return recorded(topicOf(Prefix), line, fields)
  const prefix = fields['oob.prefix']
  if (typeof prefix === 'string') return recorded(topicOf(prefix), line, fields)
  return { reason: 'it has neither topic and value nor Prefix nor oob.prefix' }
}

function recorded(topic: string, text: string, fields: Fields = {}): RecordedEvent | { reason: string } {
  if (topic.startsWith('bus:')) return { reason: `${topic} is the bus's own` }
  if (topic.startsWith('subscribe:')) return { reason: `${topic} is not a topic` }
  const timeMs = timeOf(fields)
  return { topic, text, ...(timeMs !== undefined && { timeMs }) }
}

/** PacketInfo's `Timestamp`, ulogd's `timestamp` or its seconds and microseconds. */
function timeOf(value: Fields): number | undefined {
  const text = value['Timestamp'] ?? value['timestamp']
  const timeMs = typeof text === 'string' ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(timeMs)) return timeMs
  const seconds = value['oob.time.sec']
  const micros = value['oob.time.usec']
  return typeof seconds === 'number' ? seconds * 1000 + (typeof micros === 'number' ? micros / 1000 : 0) : undefined
}

function parseObject(text: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Fields) : undefined
  } catch {
    return undefined
  }
}
