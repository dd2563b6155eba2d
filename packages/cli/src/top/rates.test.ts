import type { BusStats, ReaderStats } from '@packet-logs/bus'
import { describe, expect, it } from 'vitest'
import { intervalOf, parseStats } from './rates.js'

const reader: ReaderStats = {
  name: 'one',
  dialect: 'newline-json',
  prefix: '',
  match: undefined,
  filter: undefined,
  delivered: 100,
  dropped: 10,
  lag: 0
}
const stats: BusStats = {
  epoch: 1,
  published: 1_000,
  publishedBytes: 50_000,
  heldBytes: 4_096,
  evicted: 0,
  dropped: 10,
  topics: [
    { topic: 'a', events: 900, bytes: 45_000 },
    { topic: 'b', events: 100, bytes: 5_000 }
  ],
  readers: [reader]
}

describe('intervalOf', () => {
  it('tells rates by topic and by reader, the busiest topic first', () => {
    const later: BusStats = {
      ...stats,
      published: 1_100,
      publishedBytes: 60_000,
      dropped: 14,
      topics: [
        { topic: 'a', events: 900, bytes: 45_000 },
        { topic: 'b', events: 180, bytes: 9_000 },
        { topic: 'c', events: 20, bytes: 1_000 }
      ],
      readers: [{ ...reader, delivered: 150, dropped: 14, lag: 3 }],
      server: { clients: 2 }
    }
    const interval = intervalOf({ atMs: 1_000, stats }, { atMs: 3_000, stats: later })
    expect(interval).toMatchObject({ seconds: 2, eventsPerSecond: 50, bytesPerSecond: 5_000, droppedPerSecond: 2 })
    expect(interval?.topics.map(({ topic, eventsPerSecond }) => [topic, eventsPerSecond])).toEqual([
      ['b', 40],
      ['c', 10],
      ['a', 0]
    ])
    expect(interval?.readers).toMatchObject([{ lag: 3, deliveredPerSecond: 25, droppedPerSecond: 2 }])
    expect(interval?.server).toEqual({ clients: 2 })
  })

  it('does not guess the rate of readers that cannot be told apart, or are new', () => {
    const twins: BusStats = { ...stats, readers: [reader, { ...reader, delivered: 7 }, { ...reader, name: 'new' }] }
    const readers = intervalOf({ atMs: 0, stats }, { atMs: 1_000, stats: twins })?.readers
    expect(readers?.map(({ deliveredPerSecond }) => deliveredPerSecond)).toEqual([null, null, null])
  })

  it('gives nothing across a restart of the bus, whose counts began anew', () => {
    const restarted: BusStats = { ...stats, epoch: 2, published: 3 }
    expect(intervalOf({ atMs: 0, stats }, { atMs: 1_000, stats: restarted })).toBeUndefined()
  })
})

describe('parseStats', () => {
  it('takes what a bus tells, and nothing else', () => {
    expect(parseStats(JSON.stringify(stats))).toEqual(JSON.parse(JSON.stringify(stats)))
    for (const text of ['', 'null', '[]', '{"epoch":1}', '{"epoch":1,"published":1,"topics":{},"readers":[]}']) {
      expect(parseStats(text)).toBeUndefined()
    }
  })
})
