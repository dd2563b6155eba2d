import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { reportLosses } from './loss-report.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('says what was lost once a second however fast it is lost, and the rest at the end', () => {
  let lost = 0
  const said: string[] = []
  const report = reportLosses([{ count: () => lost, describe: count => `${count} lost` }], text => said.push(text))
  for (let ms = 0; ms < 2000; ms += 1) {
    lost += 5
    vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(5000)
  expect(said).toEqual(['5000 lost', '5000 lost'])
  lost += 1
  report[Symbol.dispose]()
  expect(said.at(-1)).toBe('1 lost')
})
