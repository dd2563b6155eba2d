import type { BusEvent } from '../event.js'
import type { BusPosition, ReaderOptions } from '../reader.js'
import { CONTROL_PREFIX } from '../topic-pattern.js'

/** Longest line in bytes, newline included, that sprbus-json's server takes. */
export const MAX_LINE_BYTES: number = 256 * 1024

const SUBSCRIBE = 'subscribe:'

/** Longest name a reader may give itself. */
const MAX_NAME_LENGTH = 64

/** The bus's own answer to a client whose line it refuses. */
export const ERROR_TOPIC = 'bus:error'

/** What a numbered stream begins with. */
export const HELLO_TOPIC = 'bus:hello'

/** The line of an event. */
export function formatLine(topic: string, text: string): string {
  return `{"topic":${JSON.stringify(topic)},"value":${JSON.stringify(text)}}\n`
}

/** What a subscribe line may ask for beyond sprbus-json's prefix. */
export interface SubscribeRequest extends Omit<ReaderOptions, 'dialect'> {
  prefix: string
  /** Number the lines, and say hello first. */
  seq?: boolean
}

/** The line that turns a connection into the stream of a prefix; old servers ignore all keys but the first. */
export function formatSubscribe({ prefix, ...extensions }: SubscribeRequest): string {
  return `${JSON.stringify({ topic: SUBSCRIBE + prefix, ...extensions })}\n`
}

/** The line that a numbered stream begins with. */
export function formatHello(position: BusPosition): string {
  return formatLine(HELLO_TOPIC, JSON.stringify(position))
}

/** What a line from a client asks for, or why it is refused; `garbage` is not even a bus line. */
export type ClientLine =
  | { kind: 'publish'; topic: string; value: string }
  | { kind: 'subscribe'; request: SubscribeRequest }
  | { kind: 'refused' | 'garbage'; reason: string }

/** Reads a line a client sent. Never throws. */
export function parseClientLine(line: string): ClientLine {
  const fields = parseObject(line)
  if (fields === undefined) return { kind: 'garbage', reason: 'not a JSON object' }
  const { topic, value } = fields
  if (typeof topic !== 'string') return { kind: 'garbage', reason: '"topic" is not a string' }
  if (topic.startsWith(SUBSCRIBE)) return parseSubscribe(topic.slice(SUBSCRIBE.length), fields)
  // Go's encoders leave an empty value out when told to.
  if (value !== undefined && typeof value !== 'string') return { kind: 'refused', reason: '"value" is not a string' }
  return { kind: 'publish', topic, value: value ?? '' }
}

const EXTENSIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  match: value => typeof value === 'string' || (Array.isArray(value) && value.every(one => typeof one === 'string')),
  filter: value => typeof value === 'string',
  replay: value => typeof value === 'number',
  since: value => typeof value === 'object',
  seq: value => typeof value === 'boolean',
  gaps: value => typeof value === 'boolean',
  policy: value => value === 'drop-oldest' || value === 'disconnect',
  name: value => typeof value === 'string' && value.length <= MAX_NAME_LENGTH
}

function parseSubscribe(prefix: string, fields: Readonly<Record<string, unknown>>): ClientLine {
  const request: Record<string, unknown> = { prefix }
  for (const [key, isValid] of Object.entries(EXTENSIONS)) {
    const value = fields[key]
    if (value === undefined || value === null) continue
    if (!isValid(value)) return { kind: 'garbage', reason: `"${key}" is not what a subscription takes` }
    request[key] = value
  }
  return { kind: 'subscribe', request: request as unknown as SubscribeRequest }
}

/** Reads the line of an event; `undefined` when it is none. Never throws. */
export function parseEvent(line: string): BusEvent | undefined {
  const fields = parseObject(line)
  if (fields === undefined) return undefined
  const { topic, value = '' } = fields
  return typeof topic === 'string' && typeof value === 'string' ? { topic, value } : undefined
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Readonly<Record<string, unknown>>) : undefined
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
  if (topic.startsWith(CONTROL_PREFIX)) {
    throw new TypeError(`topic: ${JSON.stringify(topic)} is the bus's own; choose another first word`)
  }
}

/** @throws TypeError when the value has no JSON form */
export function stringifyValue(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  if (typeof text !== 'string') throw new TypeError(`value: ${typeof value} has no JSON form`)
  return text
}
