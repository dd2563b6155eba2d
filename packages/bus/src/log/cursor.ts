import { formatGap, type Gap } from '../gap.js'
import type { Reader, ReaderListener, SharedEvent, SlowReaderPolicy } from '../reader.js'
import { GAP_TOPIC, type TopicFilter } from '../topic-pattern.js'
import { Chunk } from './chunk.js'
import type { EventCache } from './event-cache.js'
import { Lane, type LaneOwner } from './lane.js'
import { LineRun } from './line-run.js'
import type { Ring } from './ring.js'

/** Events a reader may put to its filter before others have their turn. */
const FILTER_SLICE = 512

/** Events that a replay puts to a filter at most. */
const MAX_REPLAY_SEARCH = 10_000

/** Decides about an event whose topic is wanted. Must not throw. */
export type EventFilter = (event: SharedEvent) => boolean

/** What a cursor reads, and how. */
export interface CursorOptions {
  topics: TopicFilter
  filter?: EventFilter | undefined
  gaps?: boolean
  /** The notice of a gap, default as `bus:gap` has it. */
  formatNotice?: (gap: Gap) => Buffer
  policy?: SlowReaderPolicy
  onClose?: () => void
}

/** What a cursor needs of its log. */
export interface CursorLog {
  readonly seq: number
  readonly cache: EventCache
  /** The cursor waits, or does not wait any more. */
  countWaiting(change: 1 | -1): void
  /** Wakes the cursor when the event loop comes round. */
  wakeLater(cursor: Cursor): void
  remove(cursor: Cursor): void
}

/**
 * A reader's place in the log, all that a reader costs: one lane for each ring that may hold wanted lines, merged by number.
 * When a ring drops lines the reader had not got to, the wanted ones among them are counted.
 */
export class Cursor implements Reader, LaneOwner {
  readonly #log: CursorLog
  readonly #options: CursorOptions
  readonly #listener: ReaderListener
  readonly #lanes: Lane[] = []
  #dropped = 0
  #delivered = 0
  #isWaiting = false
  #isClosed = false
  // Most neighbours share a topic, and the log keeps equal neighbours as one string.
  #lastTopic: string | undefined
  #lastMatch = false
  /** The first wanted line of the other lanes: a run must end before it. */
  #limitSeq = 0
  #filterSlice = FILTER_SLICE
  /** A filter has more to look at than one slice. */
  #isUnfinished = false
  #lastSeq = Number.POSITIVE_INFINITY
  /** What to tell first: all before this place is lost, nobody knows how much. */
  #opening: Gap | undefined

  constructor(log: CursorLog, options: CursorOptions, listener: ReaderListener) {
    this.#log = log
    this.#options = options
    this.#listener = listener
  }

  get dropped(): number {
    return this.#dropped
  }

  get delivered(): number {
    return this.#delivered
  }

  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Events published since the oldest that was not looked at yet. */
  get lag(): number {
    let oldest = 0
    for (const lane of this.#lanes) {
      const seq = lane.nextSeq
      if (seq > 0 && (oldest === 0 || seq < oldest)) oldest = seq
    }
    return oldest === 0 ? 0 : this.#log.seq - oldest + 1
  }

  /** Bytes that are held and were not read, wanted or not. */
  get unreadBytes(): number {
    let bytes = 0
    for (const { chunk: first, index } of this.#lanes) {
      bytes -= first.startOf(index)
      for (let chunk: Chunk | undefined = first; chunk; chunk = chunk.next) bytes += chunk.endOf(chunk.count - 1)
    }
    return bytes
  }

  /** Wanted lines that are held and were not read, whatever a filter says. */
  countUnread(): number {
    let count = 0
    for (const lane of this.#lanes) {
      let { index } = lane
      for (let chunk: Chunk | undefined = lane.chunk; chunk; chunk = chunk.next) {
        for (; index < chunk.count; index += 1) if (this.wants(chunk.topicAt(index))) count += 1
        index = 0
      }
    }
    return count
  }

  read(maxBytes: number): LineRun | undefined {
    if (this.#opening !== undefined) {
      const opening = this.#opening
      this.#opening = undefined
      return this.#notice(opening)
    }
    const lane = this.#nextLane()
    return lane && this.#take(lane, maxBytes)
  }

  readWithin(maxBytes: number): LineRun | undefined {
    const lane = this.#nextLane()
    if (lane === undefined || lane.gap !== undefined) return undefined
    const lineBytes = lane.chunk.endOf(lane.index) - lane.chunk.startOf(lane.index)
    return lineBytes <= maxBytes ? this.#take(lane, maxBytes) : undefined
  }

  readEvents(maxBytes: number): readonly SharedEvent[] | undefined {
    return this.read(maxBytes)?.events()
  }

  wait(): void {
    if (this.#isClosed) return
    if (!this.#isWaiting) {
      this.#isWaiting = true
      this.#log.countWaiting(1)
    }
    if (this.#isUnfinished) this.#log.wakeLater(this)
  }

  finish(): void {
    this.#lastSeq = this.#log.seq
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopWaiting()
    for (const lane of this.#lanes) lane.ring.lanes.delete(lane)
    this.#lanes.length = 0
    this.#log.remove(this)
    this.#options.onClose?.()
    this.#listener.onClose?.()
  }

  /** @internal for the log: something was appended. */
  wake(): void {
    if (!this.#isWaiting) return
    this.#stopWaiting()
    this.#filterSlice = FILTER_SLICE
    this.#listener.onReadable()
  }

  /** @internal for the log: a ring that may hold wanted lines; from its end on. */
  addRing(ring: Ring): void {
    this.#lanes.push(new Lane(ring, this))
  }

  /** @internal for the log: begins with the last `count` wanted lines. */
  rewind(count: number): void {
    const search = { left: MAX_REPLAY_SEARCH }
    const walks = this.#lanes.map(lane => this.#wantedBackwards(lane, search))
    const heads = walks.map(walk => walk.next())
    let first = 0
    for (let found = 0; found < count; found += 1) {
      let latest = -1
      let latestSeq = 0
      for (const [at, head] of heads.entries()) {
        if (head.done !== true && head.value > latestSeq) {
          latest = at
          latestSeq = head.value
        }
      }
      const walk = walks[latest]
      if (walk === undefined) break
      first = latestSeq
      heads[latest] = walk.next()
    }
    if (first > 0) for (const lane of this.#lanes) lane.moveAfter(first - 1)
  }

  /** @internal for the log: goes on after a line that was read in an earlier life of this reader. */
  resumeAfter(seq: number): void {
    for (const lane of this.#lanes) {
      const { evictedSeq, evictedLines } = lane.ring
      lane.moveAfter(seq)
      // What topics they had is not known any more.
      if (evictedSeq > seq)
        lane.gap = { from: seq + 1, to: evictedSeq, lost: Math.min(evictedSeq - seq, evictedLines), atMost: true }
      if (!this.#options.gaps) lane.gap = undefined
    }
  }

  /** @internal for the log: goes on after an earlier life of the bus, with all of this life that is held. */
  restart(): void {
    let oldest = this.#log.seq + 1
    for (const lane of this.#lanes) {
      lane.moveAfter(0)
      const seq = lane.nextSeq
      if (seq > 0 && seq < oldest) oldest = seq
    }
    if (this.#options.gaps) this.#opening = { from: null, to: oldest - 1, lost: null, where: 'reader' }
  }

  wants(topic: string): boolean {
    if (topic === this.#lastTopic) return this.#lastMatch
    this.#lastTopic = topic
    this.#lastMatch = this.#options.topics.wants(topic)
    return this.#lastMatch
  }

  onLost(lane: Lane, count: number, from: number, to: number): void {
    this.#dropped += count
    if (this.#options.policy === 'disconnect') {
      if (this.#isClosed) return
      // From inside a publish, so not at once; nothing more may be read by then.
      this.close()
      setImmediate(() => this.#listener.onOverrun?.())
      return
    }
    if (!this.#options.gaps) return
    const atMost = this.#options.filter !== undefined || lane.gap?.atMost === true
    const { from: first, lost } = lane.gap ?? { from, lost: 0 }
    lane.gap = { from: first, to, lost: lost + count, atMost }
  }

  /** The lane whose next wanted line, or gap, comes first. */
  #nextLane(): Lane | undefined {
    let next: Lane | undefined
    let nextSeq = Number.POSITIVE_INFINITY
    let limitSeq = this.#lastSeq + 1
    for (const lane of this.#lanes) {
      const seq = this.#headOf(lane)
      if (seq === 0) continue
      if (seq < nextSeq) {
        limitSeq = Math.min(limitSeq, nextSeq)
        next = lane
        nextSeq = seq
      } else if (seq < limitSeq) {
        limitSeq = seq
      }
    }
    this.#limitSeq = limitSeq
    // A lane whose next line was not decided about holds up the later lines of the others, or order would be lost.
    this.#isUnfinished = next !== undefined && next.gap === undefined && next.wantedSeq !== nextSeq
    return this.#isUnfinished ? undefined : next
  }

  /** Number of the next wanted line, or of the next undecided one, or where a gap begins; 0 when there is none. */
  #headOf(lane: Lane): number {
    if (lane.gap !== undefined) return lane.gap.from
    for (;;) {
      const { chunk } = lane
      const { count } = chunk
      for (let { index } = lane; index < count; index += 1) {
        const seq = chunk.seqAt(index)
        if (seq > this.#lastSeq) return 0
        if (seq !== lane.wantedSeq) {
          if (!this.wants(chunk.topicAt(index))) continue
          if (!this.#canDecide()) {
            lane.index = index
            return seq
          }
          if (!this.#passes(chunk, index)) continue
          lane.wantedSeq = seq
        }
        lane.index = index
        return seq
      }
      lane.index = count
      if (chunk.next === undefined) return 0
      lane.moveTo(chunk.next, 0)
    }
  }

  #canDecide(): boolean {
    if (this.#options.filter === undefined) return true
    this.#filterSlice -= 1
    return this.#filterSlice >= 0
  }

  #passes(chunk: Chunk, index: number): boolean {
    const { filter } = this.#options
    if (filter === undefined || chunk.topicAt(index) === GAP_TOPIC) return true
    const event = this.#log.cache.eventAt(chunk, index)
    return event !== undefined && filter(event)
  }

  #take(lane: Lane, maxBytes: number): LineRun {
    if (lane.gap !== undefined) {
      const { atMost, ...gap } = lane.gap
      lane.gap = undefined
      return this.#notice({ ...gap, where: 'reader', ...(atMost && { atMost }) })
    }
    const { chunk, index: first } = lane
    const start = chunk.startOf(first)
    let index = first + 1
    while (
      index < chunk.count &&
      chunk.endOf(index) - start <= maxBytes &&
      chunk.seqAt(index) < this.#limitSeq &&
      this.wants(chunk.topicAt(index)) &&
      this.#canDecide() &&
      this.#passes(chunk, index)
    ) {
      index += 1
    }
    lane.index = index
    this.#delivered += index - first
    return new LineRun(chunk, first, index, this.#log.cache)
  }

  #notice(gap: Gap): LineRun {
    const line = (this.#options.formatNotice ?? formatGap)(gap)
    const chunk = new Chunk(line.length)
    chunk.append(line, GAP_TOPIC, 0)
    return new LineRun(chunk, 0, 1, this.#log.cache)
  }

  *#wantedBackwards(lane: Lane, search: { left: number }): Generator<number, void> {
    const chunks: Chunk[] = []
    for (let chunk: Chunk | undefined = lane.ring.oldest; chunk; chunk = chunk.next) chunks.push(chunk)
    for (const chunk of chunks.reverse()) {
      for (let index = chunk.count - 1; index >= 0; index -= 1) {
        const topic = chunk.topicAt(index)
        // A notice is not one of the events that were asked for.
        if (!this.wants(topic) || (this.#options.gaps && topic === GAP_TOPIC)) continue
        if (this.#options.filter !== undefined) search.left -= 1
        if (search.left < 0) return
        if (this.#passes(chunk, index)) yield chunk.seqAt(index)
      }
    }
  }

  #stopWaiting(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#log.countWaiting(-1)
  }
}
