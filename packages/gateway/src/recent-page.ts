import { type BusEvent, type BusPosition, parseGap } from '@packet-logs/bus'
import type { Filter } from '@packet-logs/rules'
import { eventTimeMs } from './event-value.js'
import type { RecentPage } from './recent.js'

const GAP_TOPIC = 'bus:gap'

/** What is wanted of the events of one prefix. */
export interface PageWishes {
  readonly filter: Filter | undefined
  readonly sinceMs: number | undefined
  readonly limit: number
  /** Events to look at, at most. */
  readonly most: number
  /** Characters of events to keep, at most. */
  readonly characters: number
  /** Where the bus stood when the query began. */
  readonly start: BusPosition
  /** The first that match, up to `start`, rather than the last. */
  readonly forward: boolean
}

/** Sifts the events of one prefix as they come, and keeps as many as are wanted. */
export class PageCollector {
  readonly #wishes: PageWishes
  readonly #kept: BusEvent[] = []
  /** Of those kept, the first that still counts: what is before it has been pushed out. */
  #first = 0
  #characters = 0
  #seen = 0
  #matched = 0
  /** On the way from the bus to here. */
  #lost: number | null = 0
  /** Before the bus: the same for every prefix. */
  #lostBefore: number | null = 0
  #received = 0
  #lastSeq = 0
  #isFull = false
  #isOver = false

  constructor(wishes: PageWishes) {
    this.#wishes = wishes
  }

  /** Whatever has come, notices of gaps among it. */
  get received(): number {
    return this.#received
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Whether it wants more. */
  add(events: readonly BusEvent[]): boolean {
    for (const event of events) {
      if (this.#isOver) break
      this.#received += 1
      if (event.topic === GAP_TOPIC) this.#addGap(event)
      else this.#look(event)
    }
    return !this.#isOver
  }

  finish(): CollectedPage {
    const { forward, start } = this.#wishes
    const events = this.#kept.slice(this.#first)
    const reached = Math.max(this.#lastSeq, start.seq)
    return {
      events,
      seen: this.#seen,
      matched: this.#matched,
      lost: this.#lost,
      lostBefore: this.#lostBefore,
      more: this.#isFull || (!forward && events.length < this.#matched),
      reachedSeq: forward ? (this.#isFull ? this.#lastSeq : start.seq) : reached
    }
  }

  #addGap({ value, seq = 0 }: BusEvent): void {
    const gap = parseGap(value)
    if (gap === undefined || this.#isPast(seq)) return
    const add = (sum: number | null): number | null => (sum === null || gap.lost === null ? null : sum + gap.lost)
    if (gap.where === 'reader') this.#lost = add(this.#lost)
    else this.#lostBefore = add(this.#lostBefore)
  }

  #look(event: BusEvent): void {
    const { seq = 0 } = event
    if (this.#isPast(seq)) return
    const { limit, most, characters, forward } = this.#wishes
    this.#seen += 1
    this.#lastSeq = seq
    if (this.#wants(event)) {
      this.#matched += 1
      this.#kept.push(event)
      this.#characters += event.value.length
      if (forward) this.#isFull = this.#matched >= limit || this.#characters >= characters
      else this.#pushOut()
    }
    if (this.#seen >= most) this.#isFull = true
    this.#isOver ||= this.#isFull
  }

  /** Who goes forward ends where the bus stood at the start: further on, another prefix may lag behind. */
  #isPast(seq: number): boolean {
    if (this.#wishes.forward && seq > this.#wishes.start.seq) this.#isOver = true
    return this.#isOver
  }

  #wants(event: BusEvent): boolean {
    const { filter, sinceMs } = this.#wishes
    if (sinceMs !== undefined && (eventTimeMs(event.value) ?? Number.NEGATIVE_INFINITY) < sinceMs) return false
    return filter === undefined || filter.matchesEvent(event)
  }

  #pushOut(): void {
    const { limit, characters } = this.#wishes
    while (this.#kept.length - this.#first > limit || this.#characters > characters) {
      this.#characters -= this.#kept[this.#first]?.value.length ?? 0
      this.#first += 1
    }
    if (this.#first < limit) return
    this.#kept.splice(0, this.#first)
    this.#first = 0
  }
}

/** What was found under one prefix. */
export interface CollectedPage {
  readonly events: readonly BusEvent[]
  readonly seen: number
  readonly matched: number
  readonly lost: number | null
  readonly lostBefore: number | null
  readonly more: boolean
  /** All before this place was looked at. */
  readonly reachedSeq: number
}

/** Makes one page of those of several prefixes, in the order of the bus. */
export function mergePages(pages: readonly CollectedPage[], { limit, forward, start }: PageWishes): RecentPage {
  const seq = Math.min(...pages.map(({ reachedSeq }) => reachedSeq))
  const sorted = pages.flatMap(({ events }) => events).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
  // Going forward, what one prefix has beyond the place another one reached is left for the next page.
  const inReach = forward ? sorted.filter(event => (event.seq ?? 0) <= seq) : sorted
  const events = forward ? inReach.slice(0, limit) : inReach.slice(-limit)
  const isCut = forward && events.length < inReach.length
  return {
    events,
    seen: total(pages.map(page => page.seen)) ?? 0,
    matched: total(pages.map(page => page.matched)) ?? 0,
    lost: total([...pages.map(page => page.lost), greatest(pages.map(page => page.lostBefore))]),
    more: pages.some(page => page.more) || events.length < sorted.length,
    position: { epoch: start.epoch, seq: isCut ? (events.at(-1)?.seq ?? seq) : seq }
  }
}

function total(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0)
}

function greatest(counts: readonly (number | null)[]): number | null {
  return counts.reduce((most, count) => (most === null || count === null ? null : Math.max(most, count)), 0)
}
