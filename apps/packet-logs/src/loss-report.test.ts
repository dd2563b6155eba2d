import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LossReport } from './loss-report.js'

let lost: number
let said: string[]
let report: LossReport

beforeEach(() => {
  vi.useFakeTimers()
  lost = 0
  said = []
  report = new LossReport(text => said.push(text))
  report.add({ count: () => lost, describe: count => `${count} lost` })
})
afterEach(() => {
  report[Symbol.dispose]()
  vi.useRealTimers()
})

/** Loses one a second. */
function lose(seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    lost += 1
    vi.advanceTimersByTime(1000)
  }
}

it('tells a loss within a second, and one that goes on ever more seldom, down to once a minute', () => {
  lose(1)
  expect(said).toEqual(['1 lost'])
  lose(63)
  expect(said).toEqual(['1', '1', '2', '4', '8', '16', '32'].map(count => `${count} lost`))
  lose(3600)
  expect(said).toHaveLength(7 + 60)
})

it('tells the next loss at once when one is over', () => {
  lose(64)
  vi.advanceTimersByTime(120_000)
  const before = said.length
  lose(1)
  expect(said.slice(before)).toEqual(['1 lost'])
})

it('tells the rest at the end, and nothing twice', () => {
  lose(10)
  report[Symbol.dispose]()
  expect(said.reduce((sum, text) => sum + Number.parseInt(text, 10), 0)).toBe(10)
  lose(10)
  expect(said.reduce((sum, text) => sum + Number.parseInt(text, 10), 0)).toBe(10)
  lost = 10
})
