import { describe, expect, it } from 'vitest'
import { FailureLimit } from './failure-limit.js'

function limit(): { failures: FailureLimit; pass: (ms: number) => void } {
  let nowMs = 1000
  const failures = new FailureLimit(3, 100, () => nowMs)
  return {
    failures,
    pass: ms => {
      nowMs += ms
    }
  }
}

describe('the limit of failures', () => {
  it('lets a source fail so many times at once, then once in a while', () => {
    const { failures, pass } = limit()
    for (let count = 0; count < 3; count += 1) {
      expect(failures.waitMs('a')).toBe(0)
      failures.fail('a')
    }
    expect(failures.waitMs('a')).toBe(100)
    expect(failures.waitMs('b')).toBe(0)
    pass(99)
    expect(failures.waitMs('a')).toBe(1)
    pass(1)
    expect(failures.waitMs('a')).toBe(0)
    failures.fail('a')
    expect(failures.waitMs('a')).toBe(100)
    pass(1000)
    for (let count = 0; count < 2; count += 1) failures.fail('a')
    expect(failures.waitMs('a')).toBe(0)
  })

  it('makes whoever failed many times at once wait longer, but not for ever', () => {
    const { failures, pass } = limit()
    for (let count = 0; count < 53; count += 1) failures.fail('a')
    expect(failures.waitMs('a')).toBe(5100)
    for (let count = 0; count < 1_000_000; count += 1) failures.fail('a')
    expect(failures.waitMs('a')).toBe(600_000)
    pass(600_000)
    expect(failures.waitMs('a')).toBe(0)
  })

  it('forgets the source that has been quiet for the longest when there are too many', () => {
    const { failures } = limit()
    for (const source of ['old', 'older']) for (let count = 0; count < 5; count += 1) failures.fail(source)
    failures.fail('old')
    for (let count = 0; count < 4095; count += 1) failures.fail(`source ${count}`)
    expect(failures.waitMs('older')).toBe(0)
    expect(failures.waitMs('old')).toBeGreaterThan(0)
  })
})
