import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistinctWindow, MatchWindow } from './windows.js'

const steps = fc.array(fc.record({ afterMs: fc.nat(6), value: fc.constantFrom('a', 'b', 'c', 'd', 'e') }), {
  maxLength: 80
})

describe('a window', () => {
  it('of matches holds those of the time, counted one by one', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        (matches, count, withinMs) => {
          const window = new MatchWindow(count, withinMs)
          let nowMs = 0
          let times: number[] = []
          for (const { afterMs } of matches) {
            nowMs += afterMs
            times = [...times.filter(time => nowMs - time < withinMs), nowMs]
            const expected = times.length >= count ? { count, firstMs: times[0] } : undefined
            expect(window.add(nowMs)).toEqual(expected)
            if (expected !== undefined) times = []
            expect(window.bytes).toBeLessThanOrEqual(2 * count * 16)
          }
        }
      )
    )
  })

  it('of different values holds those that came within the time, however often', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 12 }),
        (matches, count, withinMs) => {
          const window = new DistinctWindow(count, withinMs)
          let nowMs = 0
          let last = new Map<string, number>()
          for (const { afterMs, value } of matches) {
            nowMs += afterMs
            last = new Map([...last].filter(([known, time]) => known !== value && nowMs - time < withinMs)).set(
              value,
              nowMs
            )
            const reached = window.add(nowMs, value)
            expect(reached?.values).toEqual(last.size >= count ? [...last.keys()] : undefined)
            if (reached !== undefined) last = new Map()
            expect(window.level).toBe(last.size)
            expect(window.bytes).toBe([...last.keys()].reduce((sum, { length }) => sum + 160 + 2 * length, 0))
          }
        }
      )
    )
  })
})
