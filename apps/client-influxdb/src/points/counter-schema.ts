import { LineBuilder } from './line-builder.js'
import { createPacketTags } from './packet-tags.js'
import type { Schema } from './schema.js'

const MEASUREMENT = 'packet_logs'
const GAP_MEASUREMENT = 'packet_logs_gaps'

/** Series before the rest of the packets are counted under the first tags only. */
const MAX_SERIES = 10_000

interface Series {
  tags: readonly (readonly [name: string, value: string])[]
  packets: number
  bytes: number
  hasChanged: boolean
}

/**
 * Counters, as Prometheus has them, for a database of numbers per millisecond: `packet_logs_packets_total` and
 * `packet_logs_bytes_total` per set of tags. They start at nothing with the process, which `increase()` and `rate()` know of.
 */
export function createCounterSchema(): Schema {
  const tagsOf = createPacketTags()
  const all = new Map<string, Series>()
  let changed: Series[] = []
  const gaps = { gaps: 0, lost: 0 }
  let lastMs = 0

  /** Two values of a millisecond would be stored in any order, and a smaller one behind a larger one means a new beginning. */
  const nextMs = (nowMs: number): number => {
    lastMs = Math.max(nowMs, lastMs + 1)
    return lastMs
  }

  const seriesOf = (tags: Series['tags']): Series => {
    const key = tags.map(([name, value]) => `${name}=${value}`).join('\n')
    let series = all.get(key)
    if (series === undefined) {
      if (all.size >= MAX_SERIES && tags.length > 1) return seriesOf(tags.slice(0, 1))
      series = { tags, packets: 0, bytes: 0, hasChanged: false }
      all.set(key, series)
    }
    return series
  }

  return {
    points(facts) {
      const series = seriesOf(tagsOf(facts))
      series.packets += 1
      series.bytes += facts.length ?? 0
      if (!series.hasChanged) {
        series.hasChanged = true
        changed.push(series)
      }
      return []
    },

    gap({ lost }, nowMs) {
      gaps.gaps += 1
      gaps.lost += lost ?? 0
      const line = new LineBuilder(GAP_MEASUREMENT).int('total', gaps.gaps).int('lost_events_total', gaps.lost)
      return linesOf([line], nextMs(nowMs))
    },

    summary(nowMs) {
      if (changed.length === 0) return []
      const lines = changed.map(series => {
        series.hasChanged = false
        const line = new LineBuilder(MEASUREMENT)
        for (const [name, value] of series.tags) line.tag(name, value)
        return line.int('packets_total', series.packets).int('bytes_total', series.bytes)
      })
      changed = []
      return linesOf(lines, nextMs(nowMs))
    }
  }
}

function linesOf(lines: readonly LineBuilder[], ms: number): readonly string[] {
  return lines.map(line => line.end(`${ms}000000`)).filter(line => line !== undefined)
}
