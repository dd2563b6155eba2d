import type { BusEvent } from '../event.js'

/** Longest line in bytes, newline included, that sprbus-json's server takes. */
export const MAX_LINE_BYTES: number = 256 * 1024

const SUBSCRIBE = 'subscribe:'

/** The bus's own answer to a client whose line it refuses. */
export const ERROR_TOPIC = 'bus:error'

/** The line of an event. */
export function formatLine(topic: string, text: string): string {
  return `{"topic":${JSON.stringify(topic)},"value":${JSON.stringify(text)}}\n`
}

/** The line that turns a connection into the stream of a prefix. */
export function formatSubscribe(prefix: string): string {
  return `{"topic":${JSON.stringify(SUBSCRIBE + prefix)}}\n`
}

/** What a line from a client asks for, or why it is refused; `garbage` is not even a bus line. */
export type ClientLine =
  | { kind: 'publish'; topic: string }
  | { kind: 'subscribe'; prefix: string }
  | { kind: 'refused' | 'garbage'; reason: string }

/** Reads a line a client sent. Never throws. */
export function parseClientLine(line: string): ClientLine {
  const fields = parseObject(line)
  if (fields === undefined) return { kind: 'garbage', reason: 'not a JSON object' }
  const { topic, value } = fields
  if (typeof topic !== 'string') return { kind: 'garbage', reason: '"topic" is not a string' }
  if (topic.startsWith(SUBSCRIBE)) return { kind: 'subscribe', prefix: topic.slice(SUBSCRIBE.length) }
  // Go's encoders leave an empty value out when told to.
  if (value !== undefined && typeof value !== 'string') return { kind: 'refused', reason: '"value" is not a string' }
  return { kind: 'publish', topic }
}

/** Reads the line of an event; `undefined` when it is none. Never throws. */
export function parseEvent(line: string): BusEvent | undefined {
  const fields = parseObject(line)
  if (fields === undefined) return undefined
  const { topic, value = '' } = fields
  return typeof topic === 'string' && typeof value === 'string' ? { topic, value } : undefined
}

function parseObject(line: string): { topic?: unknown; value?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** @throws TypeError when a topic cannot be published: the bus would take it for a subscription. */
export function checkTopic(topic: string): void {
  if (typeof topic !== 'string') throw new TypeError(`topic: expected a string, got ${typeof topic}`)
  if (topic.startsWith(SUBSCRIBE)) {
    throw new TypeError(`topic: ${JSON.stringify(topic)} would subscribe instead of publish; choose another first word`)
  }
}

/** @throws TypeError when the value has no JSON form */
export function stringifyValue(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  if (typeof text !== 'string') throw new TypeError(`value: ${typeof value} has no JSON form`)
  return text
}
