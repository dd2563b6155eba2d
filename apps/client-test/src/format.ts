import { formatSummary, safeJson, safeText } from '@packet-logs/decoder'
import { createGlob } from './glob.js'
import { type LookUp, lookUpsIn } from './look-ups.js'

/** What travels on the bus. */
interface BusEvent {
  topic: string
  value: string
}

/** Longest value of an event that is no packet, in characters. */
const MAX_LENGTH = 400

/** How events are to be shown. */
export interface FormatOptions {
  /** Pattern of the DNS names whose look-ups are shown. */
  dns?: string | undefined
  json?: boolean
}

/** Makes the function that turns an event into its lines of output: the event, then the look-ups that match. */
export function createFormatter({ dns, json = false }: FormatOptions): (event: BusEvent) => string {
  const matches = dns === undefined ? undefined : createGlob(dns)
  return ({ topic, value: text }) => {
    const value = parseValue(text)
    const lookUps = matches === undefined ? [] : lookUpsIn(topic, value).filter(({ name }) => matches(name))
    const lines = json
      ? [safeJson(JSON.stringify({ Topic: topic, Value: value })), ...lookUps.map(lookUp => lookUpJson(topic, lookUp))]
      : [formatSummary(value) ?? describeOther(topic, value), ...lookUps.map(lookUp => lookUpLine(topic, lookUp))]
    return `${lines.join('\n')}\n`
  }
}

/** Most values are JSON, but any text may be published. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function describeOther(topic: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return safeText(`${topic} ${text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text}`)
}

function lookUpJson(topic: string, { name, client, answered }: LookUp): string {
  return safeJson(JSON.stringify({ LookUp: { Name: name, Client: client, Answered: answered, Topic: topic } }))
}

function lookUpLine(topic: string, { name, client, answered }: LookUp): string {
  const how = answered ? 'answered to' : 'asked by'
  return safeText(`look-up ${name} ${how} ${client || 'somebody'} (${topic})`)
}
