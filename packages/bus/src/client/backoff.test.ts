import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.js'

const limits = { minDelayMs: 100, maxDelayMs: 5000 }

describe('backoffMs', () => {
  it('doubles up to the cap', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map(attempt => backoffMs(attempt, limits, () => 1))
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  })

  it('leaves half of it to chance', () => {
    expect(backoffMs(3, limits, () => 0)).toBe(200)
    expect(backoffMs(3, limits, () => 0.5)).toBe(300)
  })
})
