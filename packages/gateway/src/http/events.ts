import type { BusEvent, BusPosition } from '@packet-logs/bus'
import { RuleError } from '@packet-logs/rules'
import { z } from 'zod'
import { GatewayError } from '../errors.js'
import type { RecentEvents, RecentPage, RecentQuery } from '../recent.js'
import type { EventCounters } from './counters.js'
import { durationMs } from './duration.js'
import { csvHeader, formatEventCsv } from './event-csv.js'
import { formatEventJson, formatSprEventJson } from './event-json.js'
import { HttpError } from './http-error.js'
import { type Answer, defineRoute, type Route } from './route.js'
import { named, plainText, problem } from './schemas.js'
import { streamTexts } from './text-stream.js'

/** Queries that may run at a time: each may hold tens of megabytes. */
const MAX_QUERIES = 4
const MAX_PREFIXES = 16

const position = /^(\d{1,16})\.(\d{1,16})$/
const topics = z.string().max(1024)

const eventsQuery = z.strictObject({
  prefix: z
    .array(topics)
    .max(MAX_PREFIXES)
    .default([''])
    .meta({ description: 'What topics begin with: `nft:drop`. Several: any of them.' }),
  match: z
    .array(topics)
    .max(MAX_PREFIXES)
    .default([])
    .meta({ description: 'What they look like, too: `nft:*:in`, `*` for one part and `>` for the rest.' }),
  filter: z
    .string()
    .optional()
    .meta({ description: 'What they must be, in the filter language: `action == "blocked" && dst.port == 22`.' }),
  since: z
    .string()
    .max(64)
    .optional()
    .meta({
      description:
        'A time, or `10m` for ten minutes ago: events that tell when they were, then or later. Or a position, as the header ' +
        'Packet-Logs-Position tells it: the first `limit` events after it, page by page.'
    }),
  limit: z.coerce.number().int().min(1).max(10_000).default(100).meta({ description: 'The newest that many.' }),
  format: z.enum(['ndjson', 'csv', 'json']).default('ndjson').meta({ description: 'How they are written.' }),
  spr: z.enum(['true', 'false']).default('false').meta({
    description: "JSON as SPR's own bus has it: no numbers, and of packets nothing but the keys SPR's service knows."
  })
})

type EventsQuery = z.infer<typeof eventsQuery>

const eventLine = named(
  'Event',
  z.object({
    Seq: z.int().optional().meta({ description: "Its number in the bus's sequence." }),
    Topic: z.string(),
    Value: z.unknown().meta({ description: 'JSON where it is JSON, else the text.' })
  })
)

const eventPage = named(
  'EventPage',
  z.object({
    seen: z.int().meta({ description: 'How many with such a topic were looked at.' }),
    matched: z.int().meta({ description: 'How many of those passed the filter.' }),
    lost: z.int().nullable().meta({ description: 'How many were lost on their way here; null when nobody knows.' }),
    more: z.boolean().meta({ description: 'Whether there may be more.' }),
    position: z.string().meta({ description: 'Where to go on, for `since`.' }),
    events: z.array(eventLine).meta({ description: 'The newest last.' })
  })
)

/** What is told of a page beside its events. */
export const pageHeaders = {
  'Packet-Logs-Seen': 'How many with such a topic were looked at.',
  'Packet-Logs-Matched': 'How many of those passed the filter.',
  'Packet-Logs-Returned': 'How many are in the answer.',
  'Packet-Logs-Lost': 'How many were lost on their way here, or `unknown`.',
  'Packet-Logs-More': '`true` when there may be more: older ones or, after a position, newer ones.',
  'Packet-Logs-Position': 'Where to go on, for `since`.'
}

const refused = (description: string, more: Omit<Answer, 'description' | 'content'> = {}): Answer => ({
  description,
  content: { 'application/problem+json': problem },
  ...more
})

/** Events that passed. */
export function eventRoutes(recent: RecentEvents, { count }: EventCounters): Route[] {
  let running = 0
  return [
    defineRoute({
      method: 'get',
      path: '/events',
      id: 'list-events',
      tag: 'Events',
      errors: 'problem',
      summary: 'Recent events',
      description:
        'What the bus still holds, the newest last. A query with a filter or a time looks at the newest 10,000 events of ' +
        'each prefix; how many were seen and how many matched stands in the headers.',
      query: eventsQuery,
      answers: {
        200: {
          description: 'Events.',
          content: { 'application/x-ndjson': eventLine, 'text/csv': plainText, 'application/json': eventPage },
          headers: pageHeaders
        },
        400: refused('What is wrong with the query; of a filter with the place.'),
        501: refused("The bus keeps no events, as SPR's own does not."),
        503: refused('The bus does not answer, or too many ask.', { headers: { 'Retry-After': 'Seconds.' } })
      },
      handle: async ({ query, request, breakOff }) => {
        const wishes = wishesOf(query, Date.now())
        if (running >= MAX_QUERIES) throw busy('Too many ask for events at once; try again.')
        running += 1
        const done = (): void => {
          running -= 1
        }
        try {
          const page = await read(recent, { ...wishes, signal: request.signal })
          count(page)
          return answer(page, query, { isHead: request.method === 'HEAD', done, breakOff })
        } catch (error) {
          done()
          throw error
        }
      }
    })
  ]
}

function wishesOf({ prefix, match, filter, since, limit }: EventsQuery, nowMs: number): RecentQuery {
  return {
    prefixes: prefix,
    limit,
    ...(match.length > 0 && { match }),
    ...(filter !== undefined && { filter }),
    ...(since !== undefined && sinceOf(since, nowMs))
  }
}

function sinceOf(text: string, nowMs: number): { since: BusPosition } | { sinceMs: number } {
  const [, epoch, seq] = position.exec(text) ?? []
  if (epoch !== undefined && seq !== undefined) {
    const since = { epoch: Number(epoch), seq: Number(seq) }
    if (Number.isSafeInteger(since.epoch) && Number.isSafeInteger(since.seq)) return { since }
  }
  const duration = durationMs(text)
  if (duration !== undefined) return { sinceMs: nowMs - duration }
  const result = z.iso.datetime({ offset: true }).safeParse(text)
  if (result.success) return { sinceMs: Date.parse(text) }
  throw new HttpError(400, 'since: expected a time such as 2026-01-31T12:00:00Z, 10m, or a Packet-Logs-Position.')
}

async function read(recent: RecentEvents, query: RecentQuery): Promise<RecentPage> {
  try {
    return await recent.read(query)
  } catch (error) {
    throw refusalOf(error)
  }
}

function refusalOf(error: unknown): unknown {
  if (error instanceof RuleError) {
    const { code, message, position: place } = error
    return new HttpError(400, `filter: ${message}`, { members: { code, ...place }, cause: error })
  }
  if (error instanceof GatewayError) {
    if (error.code === 'GATEWAY_NO_REPLAY') return new HttpError(501, error.message, { cause: error })
    if (error.code === 'GATEWAY_BUS_SILENT') return busy(error.message)
  }
  // Patterns are checked by the bus, which names them.
  return error instanceof TypeError ? new HttpError(400, error.message, { cause: error }) : error
}

function busy(message: string): HttpError {
  return new HttpError(503, message, { headers: { 'retry-after': '1' } })
}

interface AnswerEnds {
  readonly isHead: boolean
  readonly done: () => void
  readonly breakOff: (() => void) | undefined
}

function answer(page: RecentPage, query: EventsQuery, { isHead, done, breakOff }: AnswerEnds): Response {
  const { events, seen, matched, lost, more, position: place } = page
  const { type, texts } = formatted(page, query)
  if (isHead) done()
  return new Response(isHead ? null : streamTexts(texts, done, breakOff), {
    headers: {
      'content-type': type,
      'packet-logs-seen': String(seen),
      'packet-logs-matched': String(matched),
      'packet-logs-returned': String(events.length),
      'packet-logs-lost': lost === null ? 'unknown' : String(lost),
      'packet-logs-more': String(more),
      'packet-logs-position': formatPosition(place),
      ...(query.format === 'csv' && { 'content-disposition': 'attachment; filename="events.csv"' })
    }
  })
}

function formatPosition({ epoch, seq }: BusPosition): string {
  return `${epoch}.${seq}`
}

function formatted(page: RecentPage, { format, spr }: EventsQuery): { type: string; texts: Iterator<string, void> } {
  const { events } = page
  const line = spr === 'true' ? formatSprEventJson : formatEventJson
  switch (format) {
    case 'ndjson':
      return { type: 'application/x-ndjson', texts: ndjson(events, line) }
    case 'csv':
      return { type: 'text/csv; charset=utf-8; header=present', texts: csv(events) }
    case 'json':
      return { type: 'application/json', texts: pageJson(page, line) }
  }
}

function* ndjson(events: readonly BusEvent[], line: (event: BusEvent) => string): Generator<string, void> {
  for (const event of events) yield `${line(event)}\n`
}

function* pageJson(page: RecentPage, line: (event: BusEvent) => string): Generator<string, void> {
  const { seen, matched, lost, more, position: place, events } = page
  const head = JSON.stringify({ seen, matched, lost, more, position: formatPosition(place) })
  yield `${head.slice(0, -1)},"events":[`
  for (const [index, event] of events.entries()) yield `${index === 0 ? '' : ','}${line(event)}`
  yield ']}\n'
}

function* csv(events: readonly BusEvent[]): Generator<string, void> {
  yield csvHeader()
  for (const event of events) yield formatEventCsv(event)
}
