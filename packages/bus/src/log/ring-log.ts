import { BusError } from '../errors.js'
import type { ReaderListener } from '../reader.js'
import { firstToken } from '../topic-pattern.js'
import { Cursor, type CursorLog, type CursorOptions } from './cursor.js'
import { EventCache } from './event-cache.js'
import type { LaneOwner } from './lane.js'
import { chunkBytesOf, Ring, SpareChunk } from './ring.js'

/** How big a log may get. Every size is at least four times `maxLineBytes`. */
export interface RingLogOptions {
  /** Longest line in bytes, newline included. */
  maxLineBytes: number
  /** Bytes of the rings of these first tokens. */
  named?: Readonly<Record<string, number>>
  /** Bytes of the ring of any other first token. */
  otherBytes: number
  /** Bytes of all other rings together. */
  otherTotalBytes: number
  /** Other rings; topics with further first tokens share one. */
  maxRings: number
}

/** Appended bytes after which waiting readers are woken at once instead of when the event loop comes round. */
const WAKE_BYTES = 64 * 1024

/** Topics that are remembered with their ring and their count. */
const MAX_TOPICS = 1024
const MAX_TOPIC_LENGTH = 256

/** What was appended with a topic. */
export interface TopicCount {
  readonly topic: string
  events: number
  bytes: number
}

interface TopicEntry extends TopicCount {
  readonly ring: Ring
}

/**
 * A byte-bounded log of numbered lines that holds each line once, whatever the number of readers. Appending never waits: when
 * a ring is full its oldest lines go, and every reader that had not got to them counts what it lost.
 */
export class RingLog implements CursorLog {
  readonly cache: EventCache = new EventCache()
  readonly #options: RingLogOptions
  readonly #spare = new SpareChunk()
  readonly #rings = new Map<string, Ring>()
  readonly #otherRings: Ring[] = []
  readonly #maxRings: number
  readonly #topics = new Map<string, TopicEntry>()
  readonly #cursors = new Map<Cursor, CursorOptions>()
  readonly #wakeSoon = (): void => this.#onWakeSoon()
  #shared: Ring | undefined
  #otherHeldBytes = 0
  #filters = 0
  #waiting = 0
  #dirty: Ring[] = []
  #unfinished = new Set<Cursor>()
  #last: TopicEntry | undefined
  #seq = 0
  #bytes = 0
  readonly #uncounted = { topic: '', events: 0, bytes: 0 }
  #unseenBytes = 0
  #isWakeScheduled = false

  constructor(options: RingLogOptions) {
    this.#options = options
    // Each ring may keep one line of the greatest length, whatever the others hold.
    const affordable = Math.floor(options.otherTotalBytes / (2 * options.maxLineBytes)) - 1
    this.#maxRings = Math.max(0, Math.min(options.maxRings, affordable))
  }

  /** Number of the last line; the first has 1. */
  get seq(): number {
    return this.#seq
  }

  /** Bytes ever appended. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes of memory set aside for lines. */
  get heldBytes(): number {
    return sum(this.#allRings(), ring => ring.heldBytes)
  }

  /** Lines the log has let go of to make room. */
  get evictedLines(): number {
    return sum(this.#allRings(), ring => ring.evictedLines)
  }

  /** Cursors open now. */
  get cursors(): number {
    return this.#cursors.size
  }

  /** What was appended by topic; topics beyond those that are remembered are counted together as `''`. */
  topicCounts(): readonly TopicCount[] {
    const counts: TopicCount[] = Array.from(this.#topics.values(), ({ topic, events, bytes }) => ({
      topic,
      events,
      bytes
    }))
    return this.#uncounted.events > 0 ? [...counts, this.#uncounted] : counts
  }

  /** The number the line got. @throws BusError `BUS_FRAME_TOO_LARGE` */
  append(line: Uint8Array, topic: string): number {
    const lineBytes = line.length
    const { maxLineBytes } = this.#options
    if (lineBytes > maxLineBytes) {
      const message = `A line of ${lineBytes} bytes on topic ${JSON.stringify(topic.slice(0, MAX_TOPIC_LENGTH))} is over the bus's limit of ${maxLineBytes}; shorten the value.`
      throw new BusError('BUS_FRAME_TOO_LARGE', message, { topic })
    }
    // Neighbours of one topic share one string: less to keep, and cursors compare by reference.
    const entry = this.#last?.topic === topic ? this.#last : this.#entryOf(topic)
    const { ring } = entry
    if (!ring.newest.fits(lineBytes)) this.#addChunk(ring, lineBytes)
    this.#seq += 1
    ring.newest.append(line, entry.topic, this.#seq)
    entry.events += 1
    entry.bytes += lineBytes
    this.#bytes += lineBytes
    if (this.#waiting > 0 && ring.lanes.size > 0) this.#announce(ring, lineBytes)
    return this.#seq
  }

  /** A cursor at the end of the log: it sees what is appended from now on. */
  openCursor(options: CursorOptions, listener: ReaderListener): Cursor {
    const cursor = new Cursor(this, options, listener)
    for (const [token, ring] of this.#rings) if (options.topics.mayWant(token)) cursor.addRing(ring)
    if (this.#shared) cursor.addRing(this.#shared)
    this.#cursors.set(cursor, options)
    if (options.filter) this.#filters += 1
    this.cache.isShared = this.#cursors.size > 1 || this.#filters > 0
    return cursor
  }

  countWaiting(change: 1 | -1): void {
    this.#waiting += change
  }

  wakeLater(cursor: Cursor): void {
    this.#unfinished.add(cursor)
    this.#schedule()
  }

  remove(cursor: Cursor): void {
    const options = this.#cursors.get(cursor)
    if (!this.#cursors.delete(cursor)) return
    this.#unfinished.delete(cursor)
    if (options?.filter) this.#filters -= 1
    this.cache.isShared = this.#cursors.size > 1 || this.#filters > 0
  }

  #entryOf(topic: string): TopicEntry {
    const known = this.#topics.get(topic)
    if (known) {
      this.#last = known
      return known
    }
    const ring = this.#ringOf(firstToken(topic))
    // Hostile topics must not fill the memory of the ones that matter: beyond the bound they are counted together.
    if (this.#topics.size >= MAX_TOPICS || topic.length > MAX_TOPIC_LENGTH) return this.#uncountedEntry(topic, ring)
    const entry = { topic, ring, events: 0, bytes: 0 }
    this.#topics.set(topic, entry)
    this.#last = entry
    return entry
  }

  #uncountedEntry(topic: string, ring: Ring): TopicEntry {
    const counts = this.#uncounted
    return {
      topic,
      ring,
      get events() {
        return counts.events
      },
      set events(value) {
        counts.events = value
      },
      get bytes() {
        return counts.bytes
      },
      set bytes(value) {
        counts.bytes = value
      }
    }
  }

  #ringOf(token: string): Ring {
    const known = this.#rings.get(token)
    if (known) return known
    const { named, otherBytes } = this.#options
    const namedBytes = named && Object.hasOwn(named, token) ? named[token] : undefined
    if (namedBytes === undefined && (this.#otherRings.length >= this.#maxRings || token.length > MAX_TOPIC_LENGTH)) {
      this.#shared ??= this.#addOther(otherBytes, () => true)
      return this.#shared
    }
    const isWanted = ({ topics }: CursorOptions): boolean => topics.mayWant(token)
    const ring = namedBytes === undefined ? this.#addOther(otherBytes, isWanted) : this.#addRing(namedBytes, isWanted)
    this.#rings.set(token, ring)
    return ring
  }

  #addOther(maxBytes: number, isWanted: (options: CursorOptions) => boolean): Ring {
    this.#makeRoomFor(chunkBytesOf(maxBytes))
    const ring = this.#addRing(maxBytes, isWanted)
    this.#otherRings.push(ring)
    this.#otherHeldBytes += ring.heldBytes
    return ring
  }

  #addRing(maxBytes: number, isWanted: (options: CursorOptions) => boolean): Ring {
    const ring = new Ring(maxBytes, this.#spare)
    for (const [cursor, options] of this.#cursors) if (isWanted(options)) cursor.addRing(ring)
    return ring
  }

  *#allRings(): Generator<Ring> {
    yield* this.#rings.values()
    if (this.#shared) yield this.#shared
  }

  #addChunk(ring: Ring, lineBytes: number): void {
    const capacityBytes = ring.capacityFor(lineBytes)
    const isOther = this.#otherRings.includes(ring)
    while (ring.heldBytes + capacityBytes > ring.maxBytes && this.#evict(ring, isOther));
    if (isOther) this.#makeRoomFor(capacityBytes)
    ring.addChunk(capacityBytes)
    if (isOther) this.#otherHeldBytes += capacityBytes
  }

  #makeRoomFor(bytes: number): void {
    while (this.#otherHeldBytes + bytes > this.#options.otherTotalBytes && this.#evictLargest());
  }

  #evict(ring: Ring, isOther: boolean): boolean {
    const before = ring.heldBytes
    const done = ring.evictOldest()
    if (isOther) this.#otherHeldBytes -= before - ring.heldBytes
    return done
  }

  /** Whoever holds most gives way: the flood, not the trickle. */
  #evictLargest(): boolean {
    let largest: Ring | undefined
    for (const ring of this.#otherRings) {
      if (ring.oldest !== ring.newest && ring.heldBytes > (largest?.heldBytes ?? 0)) largest = ring
    }
    return largest !== undefined && this.#evict(largest, true)
  }

  // Readers are woken once per turn of the event loop, so that they handle many lines per write; but a publisher that keeps
  // the loop busy would starve them, so after enough bytes they are woken from here.
  #announce(ring: Ring, lineBytes: number): void {
    if (!ring.isDirty) {
      ring.isDirty = true
      this.#dirty.push(ring)
    }
    this.#unseenBytes += lineBytes
    if (this.#unseenBytes >= WAKE_BYTES) this.#wakeAll()
    else this.#schedule()
  }

  #schedule(): void {
    if (this.#isWakeScheduled) return
    this.#isWakeScheduled = true
    setImmediate(this.#wakeSoon)
  }

  #onWakeSoon(): void {
    this.#isWakeScheduled = false
    const unfinished = this.#unfinished
    this.#unfinished = new Set()
    for (const cursor of unfinished) cursor.wake()
    this.#wakeAll()
  }

  #wakeAll(): void {
    this.#unseenBytes = 0
    const dirty = this.#dirty
    if (dirty.length === 0) return
    this.#dirty = []
    for (const ring of dirty) ring.isDirty = false
    const [only, ...others] = dirty
    if (only !== undefined && others.length === 0) {
      for (const lane of only.lanes) lane.owner.wake()
      return
    }
    // A reader of several rings is woken once; it may wait again before the next one's turn.
    const owners = new Set<LaneOwner>()
    for (const ring of dirty) for (const lane of ring.lanes) owners.add(lane.owner)
    for (const owner of owners) owner.wake()
  }
}

function sum(rings: Iterable<Ring>, of: (ring: Ring) => number): number {
  let total = 0
  for (const ring of rings) total += of(ring)
  return total
}
