import type { Counters } from './counters.js'
import type { SpoolStats } from './spool/spool.js'

/** What is reported on. */
export interface ReportSource {
  readonly counters: Counters
  readonly spool: SpoolStats
}

/** How often a backlog's progress is told. */
const PROGRESS_MS = 10_000
/** How often a refused point is shown, and how much of it. */
const REJECTION_MS = 10_000
const MAX_LINE_CHARACTERS = 200
/** How often it is told that the database is away; one that takes every other request would else fill the log. */
const AWAY_MS = 30_000
/** Backlogs that take a second are none. */
const BACKLOG_POINTS = 50_000

/** Says what happens in as few lines as tell it: never one per packet, and none while nothing happens. */
export class Reporter {
  readonly #source: ReportSource
  readonly #log: (text: string) => void
  readonly #logMs: number
  readonly #now: () => number
  #last: Counters
  #lastDropped = 0
  #lastMs: number
  #progress: { ms: number; written: number; total: number } | undefined
  #rejected = 0
  #rejectedMs = Number.NEGATIVE_INFINITY
  #awaySinceMs: number | undefined
  #toldAwayMs = Number.NEGATIVE_INFINITY
  #hasToldAway = false
  #isBusAway = false

  constructor(
    source: ReportSource,
    log: (text: string) => void,
    logMs: number,
    now: () => number = () => performance.now()
  ) {
    this.#source = source
    this.#log = log
    this.#logMs = logMs
    this.#now = now
    this.#last = { ...source.counters }
    this.#lastMs = now()
  }

  get isDatabaseAway(): boolean {
    return this.#awaySinceMs !== undefined
  }

  /** To be called about once a second. */
  tick(): void {
    const now = this.#now()
    if (now - this.#lastMs >= this.#logMs) this.summarise()
    this.#tellProgress(now)
  }

  /** What was done since the last time. */
  summarise(): void {
    const { counters, spool } = this.#source
    const last = this.#last
    const dropped = droppedOf(spool)
    const newlyDropped = dropped - this.#lastDropped
    const since = (key: keyof Counters): number => counters[key] - last[key]
    const seconds = Math.max(1, Math.round((this.#now() - this.#lastMs) / 1000))
    this.#lastMs = this.#now()
    this.#last = { ...counters }
    this.#lastDropped = dropped
    if (since('events') + since('pointsWritten') + since('gaps') + since('pointsRejected') + newlyDropped === 0) return
    const parts = [
      `${number(since('events'))} events`,
      `${number(since('pointsWritten'))} points written in ${number(since('requests'))} requests`
    ]
    if (since('eventsSkipped') > 0) parts.push(`${number(since('eventsSkipped'))} events skipped`)
    if (since('pointsRejected') > 0) parts.push(`${number(since('pointsRejected'))} points refused by the database`)
    if (newlyDropped > 0) parts.push(`${number(newlyDropped)} points DROPPED by the spool`)
    if (since('gaps') > 0) parts.push(gaps(since('gaps'), since('eventsLost'), since('gapsUnknown')))
    if (spool.points > 0) parts.push(`${number(spool.points)} points waiting`)
    this.#log(`${seconds} s: ${parts.join(', ')}`)
  }

  databaseAway(reason: string, delayMs: number): void {
    if (this.#awaySinceMs !== undefined) return
    this.#awaySinceMs = this.#now()
    this.#hasToldAway = this.#now() - this.#toldAwayMs >= AWAY_MS
    if (!this.#hasToldAway) return
    this.#toldAwayMs = this.#now()
    const again = delayMs >= 10_000 ? ` (again in ${Math.round(delayMs / 1000)} s)` : ''
    this.#log(`the database does not take points: ${reason}; they wait in the spool${again}`)
  }

  databaseBack(): void {
    if (this.#awaySinceMs === undefined) return
    const seconds = Math.round((this.#now() - this.#awaySinceMs) / 1000)
    this.#awaySinceMs = undefined
    if (!this.#hasToldAway) return
    this.#log(`the database takes points again after ${seconds} s; ${number(this.#source.spool.points)} are waiting`)
  }

  rejected(count: number, reason: string, line: string): void {
    this.#rejected += count
    if (this.#now() - this.#rejectedMs < REJECTION_MS) return
    this.#rejectedMs = this.#now()
    const shown = line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line
    this.#log(`the database refuses ${number(this.#rejected)} points: ${reason}; the line: ${shown}`)
    this.#rejected = 0
  }

  busConnected(path: string, numbered: boolean): void {
    this.#isBusAway = false
    this.#log(`reading the bus at ${path}${numbered ? '' : ', which cannot say what is missed while it is away'}`)
  }

  busAway(reason: string): void {
    if (this.#isBusAway) return
    this.#isBusAway = true
    this.#log(`the bus is away: ${reason}`)
  }

  #tellProgress(now: number): void {
    const { counters, spool } = this.#source
    if (this.isDatabaseAway || spool.points < BACKLOG_POINTS) {
      if (this.#progress && !this.isDatabaseAway) this.#log(`caught up: ${number(spool.points)} points waiting`)
      this.#progress = undefined
      return
    }
    if (this.#progress === undefined) {
      this.#progress = { ms: now, written: counters.pointsWritten, total: spool.points }
      this.#log(`catching up: ${number(spool.points)} points waiting`)
      return
    }
    const { ms, written } = this.#progress
    if (now - ms < PROGRESS_MS) return
    const perSecond = ((counters.pointsWritten - written) * 1000) / (now - ms)
    this.#progress = { ms: now, written: counters.pointsWritten, total: Math.max(this.#progress.total, spool.points) }
    const share = Math.floor((1 - spool.points / this.#progress.total) * 100)
    const left =
      perSecond > 0 ? `, some ${Math.ceil(spool.points / perSecond)} s at ${number(Math.round(perSecond))}/s` : ''
    this.#log(`catching up: ${share} %, ${number(spool.points)} points waiting${left}`)
  }
}

function droppedOf({ droppedFull, droppedOld, droppedUnwritable, droppedDamaged }: SpoolStats): number {
  return droppedFull + droppedOld + droppedUnwritable + droppedDamaged
}

function gaps(count: number, lost: number, unknown: number): string {
  const size = unknown === 0 ? `${number(lost)} events` : `${number(lost)} events and an unknown number`
  return `${count} ${count === 1 ? 'gap' : 'gaps'} in the stream (${size} lost)`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
