import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { textWidth } from '../live/width.js'
import type { Interval } from './rates.js'
import { formatTop, renderTop } from './table.js'

const interval: Interval = {
  seconds: 1,
  published: 1_234_567,
  eventsPerSecond: 1_500,
  bytesPerSecond: 1_050_000,
  heldBytes: 33_554_432,
  dropped: 12,
  droppedPerSecond: 1,
  topics: Array.from({ length: 40 }, (_, at) => ({
    topic: at === 39 ? '' : `nft:topic\u001b[2J:${at}`,
    events: 100 - at,
    bytes: 70_000,
    eventsPerSecond: 100 - at,
    bytesPerSecond: 70_000
  })),
  readers: Array.from({ length: 20 }, (_, at) => ({
    name: `reader${at}`,
    dialect: 'grpc',
    prefix: at === 0 ? '' : 'nft:',
    match: undefined,
    filter: 'tcp.syn',
    delivered: 5,
    dropped: at === 0 ? 12 : 0,
    lag: at,
    deliveredPerSecond: at === 1 ? null : 2.5,
    droppedPerSecond: 0
  }))
}

describe('formatTop', () => {
  it('shows everything about topics and readers', () => {
    const text = formatTop(interval, 100, pc.createColors(false))
    expect(text).toContain('1,500 events/s · 1.1 MB/s · 1,234,567 events · 33.6 MB held · 12 lost by slow readers')
    expect(text).toMatch(/nft:topic\\x1b\[2J:0 +100 +70 kB +100\n/)
    expect(text).toMatch(/\(other topics\) +61 /)
    expect(text).toMatch(/reader0 {2}grpc {2}everything {2}tcp\.syn +2\.5 +0 +12\n/)
    expect(text).toMatch(/reader1 {2}grpc {2}nft: {2}tcp\.syn +- +1 +0\n/)
    expect(text.split('\n').filter(line => line.includes('reader'))).toHaveLength(21)
  })
})

describe('renderTop', () => {
  it('fills any screen exactly, and says how much is left out', () => {
    for (const [columns, rows] of [
      [80, 24],
      [20, 5],
      [1, 1],
      [300, 100],
      [40, 2]
    ] as const) {
      for (const shown of [interval, undefined]) {
        const { lines } = renderTop({ path: '/run/bus.sock', interval: shown, isAway: true }, { columns, rows })
        expect(lines).toHaveLength(rows)
        for (const line of lines) expect(textWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns)
      }
    }
    const { lines } = renderTop({ path: '/run/bus.sock', interval, isAway: false }, { columns: 80, rows: 24 })
    const text = lines.map(stripVTControlCharacters).join('\n')
    expect(text.match(/and \d+ more/g)).toHaveLength(2)
  })

  it('stands still while paused', () => {
    const state = { path: '/b', interval: { ...interval, published: 7 }, frozen: interval, isAway: false }
    const text = renderTop(state, { columns: 80, rows: 24 }).lines.map(stripVTControlCharacters).join('\n')
    expect(text).toContain('1,234,567 events')
    expect(text).toContain(' paused ')
  })
})
