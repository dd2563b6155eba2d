import { setImmediate, setTimeout } from 'node:timers/promises'
import type { BusClient, BusEvent } from '@packet-logs/bus'
import { compileFilter } from '@packet-logs/rules'
import { askPosition } from './bus-position.js'
import { GatewayError } from './errors.js'
import type { RecentEvents, RecentPage, RecentQuery } from './recent.js'
import { type CollectedPage, mergePages, PageCollector, type PageWishes } from './recent-page.js'
import { Turns } from './turns.js'

/** Milliseconds after which a bus that is there and says nothing is taken for one of SPR's. */
const ANSWER_MS = 2000

/** How far a search goes. */
export interface RecentEventsOptions {
  /** Events of each prefix that a query with a filter or a time looks at, at most; default 10,000. */
  readonly searchEvents?: number
  /** Characters of events a query may hold, default 32 Mi; beyond them the page ends early. */
  readonly pageCharacters?: number
  /** Milliseconds until a bus that does not answer is given up, default 5,000. */
  readonly timeoutMs?: number
}

/** Recent events as the bus itself still holds them. */
export function createRecentEvents(bus: BusClient, options: RecentEventsOptions = {}): RecentEvents {
  const { searchEvents = 10_000, pageCharacters = 32 * 1024 * 1024, timeoutMs = 5000 } = options
  return { read: query => readRecent(bus, query, { searchEvents, pageCharacters, timeoutMs }) }
}

async function readRecent(
  bus: BusClient,
  query: RecentQuery,
  options: Required<RecentEventsOptions>
): Promise<RecentPage> {
  const filter = query.filter === undefined ? undefined : compileFilter(query.filter)
  if (!bus.stats.connected) throw away(bus)
  const over = new AbortController()
  const signal = query.signal === undefined ? over.signal : AbortSignal.any([query.signal, over.signal])
  signal.throwIfAborted()

  async function search(): Promise<RecentPage> {
    const start = await askPosition(bus, { timeoutMs: ANSWER_MS, signal })
    signal.throwIfAborted()
    if (start === undefined) throw bus.stats.connected ? noReplay(bus) : away(bus)
    const { limit, sinceMs } = query
    const prefixes = withoutCovered(query.prefixes)
    const isSifted = filter !== undefined || sinceMs !== undefined
    const wishes: PageWishes = {
      ...{ filter, sinceMs, limit, start },
      most: isSifted ? Math.max(limit, options.searchEvents) : limit,
      characters: options.pageCharacters / prefixes.length,
      forward: query.since !== undefined
    }
    // Each by itself: several in one subscription would come in no particular order.
    const pages = await Promise.all(prefixes.map(prefix => readPrefix(bus, prefix, query, wishes, signal)))
    return mergePages(pages, wishes)
  }

  try {
    return await Promise.race([search(), rejectAfter(options.timeoutMs, signal, () => away(bus))])
  } finally {
    over.abort()
  }
}

async function readPrefix(
  bus: BusClient,
  prefix: string,
  { match, since }: RecentQuery,
  wishes: PageWishes,
  signal: AbortSignal
): Promise<CollectedPage> {
  // Filtered here and not in the bus, which would not say how many events it looked at.
  const subscription = bus.subscribe(prefix, {
    seq: true,
    gaps: true,
    signal,
    name: 'recent events',
    ...(match !== undefined && match.length > 0 && { match }),
    ...(since === undefined ? { replay: wishes.most } : { since })
  })
  const page = new PageCollector(wishes)
  await Promise.race([collect(subscription.batches(), page), untilPresent(bus, page, subscription.ready, signal)])
  await subscription.close()
  return page.finish()
}

/** Reads until there is enough. */
async function collect(batches: AsyncIterable<readonly BusEvent[]>, page: PageCollector): Promise<void> {
  const turns = new Turns()
  for await (const events of batches) {
    if (!page.add(events)) return
    if (turns.isOver) await turns.next()
  }
}

/**
 * Waits until everything is here that had passed when the query began. The bus does not say where a replay ends, but it
 * answers one subscription after the other: when not one event has come while it answered, it has no more to send.
 */
async function untilPresent(
  bus: BusClient,
  page: PageCollector,
  ready: Promise<void>,
  signal: AbortSignal
): Promise<void> {
  await ready
  for (;;) {
    const { received } = page
    const present = await askPosition(bus, { timeoutMs: ANSWER_MS, signal })
    if (present === undefined) throw away(bus)
    // What came in the same turn of the event loop as the answer counts, too.
    await setImmediate()
    if (page.received === received || page.lastSeq > present.seq) return
  }
}

/** Without the prefixes that another one covers, so that no event is found twice. */
function withoutCovered(prefixes: readonly string[]): readonly string[] {
  const distinct = [...new Set(prefixes)]
  return distinct.filter(prefix => !distinct.some(other => other !== prefix && prefix.startsWith(other)))
}

async function rejectAfter(ms: number, signal: AbortSignal, reason: () => GatewayError): Promise<never> {
  await setTimeout(ms, undefined, { signal })
  throw reason()
}

function away({ path }: BusClient): GatewayError {
  const message = `The bus at ${path} does not answer; try again when it is back.`
  return new GatewayError('GATEWAY_BUS_SILENT', message, { path })
}

function noReplay({ path }: BusClient): GatewayError {
  const message = `The bus at ${path} keeps no events, as SPR's own does not; ask a bus of packet-logs, or watch events as they come.`
  return new GatewayError('GATEWAY_NO_REPLAY', message, { path })
}
