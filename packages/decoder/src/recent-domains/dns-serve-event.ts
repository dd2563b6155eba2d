import type { AddressWords } from '../text/parse-address.js'
import { parseAddress } from '../text/parse-address.js'

/** What SPR's resolver publishes for each question it answers, as far as it tells names and addresses. */
export interface ServedAnswer {
  readonly questions: readonly { readonly name: string; readonly class: number }[]
  readonly records: readonly { readonly ttl: number; readonly a?: string; readonly aaaa?: string }[]
  readonly remote: string
}

const TOPIC = 'dns:serve:'
/** The resolver writes a few hundred bytes; nothing longer is worth the memory. */
const MAX_EVENT_CHARACTERS = 65_536

export function isServeTopic(topic: string): boolean {
  return topic.startsWith(TOPIC)
}

/** Reads the value of a `dns:serve:` event; undefined for what is none. */
export function parseServeEvent(value: string): ServedAnswer | undefined {
  if (value.length > MAX_EVENT_CHARACTERS) return undefined
  let event: unknown
  try {
    event = JSON.parse(value)
  } catch {
    return undefined
  }
  const questions = listOf(field(event, 'Q'))
  const records = listOf(field(event, 'A'))
  if (questions === undefined || records === undefined) return undefined
  return {
    questions: questions.map(question => ({
      name: textOf(field(question, 'Name')) ?? '',
      class: numberOf(field(question, 'Qclass')) ?? 0
    })),
    records: records.map(record => {
      const header = field(record, 'Hdr')
      const a = textOf(field(record, 'A')) ?? ''
      const aaaa = textOf(field(record, 'AAAA')) ?? ''
      return {
        ttl: numberOf(field(header, 'Ttl')) ?? 0,
        ...(a === '' ? {} : { a }),
        ...(aaaa === '' ? {} : { aaaa })
      }
    }),
    remote: textOf(field(event, 'Remote')) ?? ''
  }
}

/** Who asked: `192.0.2.1:5000`, `[fe80::1]:5000`, or the address alone. The topic cuts IPv6 and is asked last. */
export function clientOf({ remote }: ServedAnswer, topic: string): AddressWords | undefined {
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(remote)?.[1] ?? /^([^:]*):\d+$/.exec(remote)?.[1] ?? remote
  return parseAddress(host) ?? parseAddress(topic.slice(TOPIC.length))
}

/** A key of an object whatever its case, as Go reads JSON. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const exact: unknown = Reflect.get(value, name)
  if (exact !== undefined) return exact
  const lower = name.toLowerCase()
  const key = Object.keys(value).find(candidate => candidate.toLowerCase() === lower)
  return key === undefined ? undefined : (Reflect.get(value, key) as unknown)
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
