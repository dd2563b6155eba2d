import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { createCounters } from './counters.js'
import { Reporter } from './reporter.js'
import type { SpoolStats } from './spool/spool.js'

function setUp() {
  const counters = createCounters()
  const empty: SpoolStats = {
    points: 0,
    bytes: 0,
    oldestMs: undefined,
    droppedFull: 0,
    droppedOld: 0,
    droppedUnwritable: 0,
    droppedDamaged: 0
  }
  const source = { counters, spool: empty }
  const lines: string[] = []
  const clock = { ms: 0 }
  const reporter = new Reporter(
    source,
    text => lines.push(text),
    60_000,
    () => clock.ms
  )
  const wait = (points: number): void => {
    source.spool = { ...empty, points }
  }
  return { counters, source, lines, clock, reporter, wait }
}

it('says once a minute what was done, and nothing when nothing was', () => {
  const { counters, lines, clock, reporter } = setUp()
  for (let second = 0; second < 180; second += 1) {
    clock.ms += 1000
    if (second < 60)
      Object.assign(counters, {
        events: counters.events + 100,
        pointsWritten: counters.pointsWritten + 100,
        requests: counters.requests + 1
      })
    reporter.tick()
  }
  expect(lines).toEqual(['60 s: 6,000 events, 6,000 points written in 60 requests'])
})

it('tells how a backlog is coming along', () => {
  const { counters, lines, clock, reporter, wait } = setUp()
  wait(400_000)
  for (let second = 0; second < 25; second += 1) {
    clock.ms += 1000
    reporter.tick()
    counters.pointsWritten += 20_000
    wait(Math.max(0, 400_000 - counters.pointsWritten))
  }
  expect(lines).toEqual([
    'catching up: 400,000 points waiting',
    'catching up: 50 %, 200,000 points waiting, some 10 s at 20,000/s',
    'caught up: 40,000 points waiting'
  ])
})

it('tells once that the database is away, and that it is back', () => {
  const { lines, clock, reporter } = setUp()
  reporter.databaseAway('503', 100)
  clock.ms += 5000
  reporter.databaseAway('503', 200)
  expect(reporter.isDatabaseAway).toBe(true)
  reporter.databaseBack()
  reporter.databaseBack()
  expect(lines).toEqual([
    'the database does not take points: 503; they wait in the spool',
    'the database takes points again after 5 s; 0 are waiting'
  ])
})

it('does not fill the log when the database comes and goes', () => {
  const { lines, clock, reporter } = setUp()
  for (let times = 0; times < 60; times += 1) {
    reporter.databaseAway('429', 100)
    clock.ms += 500
    reporter.databaseBack()
    clock.ms += 500
  }
  expect(lines).toHaveLength(4)
})

it('shows one refused point in ten seconds, however many there are', () => {
  const { lines, clock, reporter } = setUp()
  for (let count = 0; count < 100; count += 1) reporter.rejected(1, '400 no', `m v="${'x'.repeat(500)}"`)
  clock.ms += 10_000
  reporter.rejected(1, '400 no', 'm v=1')
  expect(lines).toHaveLength(2)
  expect(lines[0]?.length).toBeLessThan(300)
  expect(lines[1]).toBe('the database refuses 100 points: 400 no; the line: m v=1')
})

it('goes on telling when the clock is set back', async () => {
  const { source, counters, lines } = setUp()
  const reporter = new Reporter(source, text => lines.push(text), 5)
  const clock = vi.spyOn(Date, 'now').mockReturnValue(0)
  counters.events = 7
  await sleep(20)
  reporter.tick()
  clock.mockRestore()
  expect(lines).toEqual([expect.stringContaining('7 events')])
})
