import type { BusStats, ReaderStats } from '@packet-logs/bus'

/** A bus's statistics and when they came. */
export interface Sample {
  readonly atMs: number
  readonly stats: BusStats
}

export interface TopicRate {
  readonly topic: string
  /** Since the bus began. */
  readonly events: number
  readonly bytes: number
  readonly eventsPerSecond: number
  readonly bytesPerSecond: number
}

export interface ReaderRate extends ReaderStats {
  /** `null` where several readers look the same, so that one cannot be told from the other. */
  readonly deliveredPerSecond: number | null
  readonly droppedPerSecond: number | null
}

/** What happened on a bus between two looks at it. */
export interface Interval {
  readonly seconds: number
  readonly published: number
  readonly eventsPerSecond: number
  readonly bytesPerSecond: number
  readonly heldBytes: number
  readonly dropped: number
  readonly droppedPerSecond: number
  /** The busiest first. */
  readonly topics: readonly TopicRate[]
  /** Those that are worst off first. */
  readonly readers: readonly ReaderRate[]
  readonly server?: object
}

/** The value of a `bus:stats` event; `undefined` when it is none. */
export function parseStats(value: string): BusStats | undefined {
  try {
    const stats = JSON.parse(value) as Partial<BusStats> | null
    const isStats =
      typeof stats?.epoch === 'number' &&
      typeof stats.published === 'number' &&
      Array.isArray(stats.topics) &&
      Array.isArray(stats.readers)
    return isStats ? (stats as BusStats) : undefined
  } catch {
    return undefined
  }
}

/** The interval between two samples; `undefined` when the bus began anew between them, so that its counts did too. */
export function intervalOf(before: Sample, after: Sample): Interval | undefined {
  const { stats } = after
  const seconds = (after.atMs - before.atMs) / 1000
  if (stats.epoch !== before.stats.epoch || seconds <= 0) return undefined
  const per = (now: number, then = 0): number => Math.max(0, now - then) / seconds
  const topics = new Map(before.stats.topics.map(topic => [topic.topic, topic]))
  const readers = byIdentity(before.stats.readers)
  const now = byIdentity(stats.readers)
  const rates = stats.topics.map(({ topic, events, bytes }): TopicRate => {
    const then = topics.get(topic)
    return { topic, events, bytes, eventsPerSecond: per(events, then?.events), bytesPerSecond: per(bytes, then?.bytes) }
  })
  return {
    seconds,
    published: stats.published,
    eventsPerSecond: per(stats.published, before.stats.published),
    bytesPerSecond: per(stats.publishedBytes, before.stats.publishedBytes),
    heldBytes: stats.heldBytes,
    dropped: stats.dropped,
    droppedPerSecond: per(stats.dropped, before.stats.dropped),
    topics: rates.sort((a, b) => b.eventsPerSecond - a.eventsPerSecond || b.events - a.events),
    readers: stats.readers.map((reader): ReaderRate => {
      const then = readers.get(identityOf(reader))
      const isKnown = then?.length === 1 && now.get(identityOf(reader))?.length === 1
      return {
        ...reader,
        deliveredPerSecond: isKnown ? per(reader.delivered, then[0]?.delivered) : null,
        droppedPerSecond: isKnown ? per(reader.dropped, then[0]?.dropped) : null
      }
    }),
    ...(stats.server && { server: stats.server })
  }
}

function byIdentity(readers: readonly ReaderStats[]): Map<string, ReaderStats[]> {
  const groups = new Map<string, ReaderStats[]>()
  for (const reader of readers) {
    const identity = identityOf(reader)
    groups.set(identity, [...(groups.get(identity) ?? []), reader])
  }
  return groups
}

function identityOf({ name, dialect, prefix, match, filter }: ReaderStats): string {
  return JSON.stringify([name, dialect, prefix, match, filter])
}
