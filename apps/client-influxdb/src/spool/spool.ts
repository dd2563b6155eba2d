import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BusPosition } from '@packet-logs/bus'
import { SpoolError } from './errors.js'
import { lockSpool } from './lock-file.js'
import { Mutex } from './mutex.js'
import { formatRecord, linesOf, type RecordHeader } from './record.js'
import { Segment, segmentNumber } from './segment.js'
import { type SpoolState, StateFile } from './state-file.js'

/** Where points wait, and how many. */
export interface SpoolOptions {
  /** Is made when it is missing. */
  directory: string
  /** Bytes on disk; beyond it the oldest points go. */
  maxBytes: number
  /** Milliseconds a point may wait. */
  maxAgeMs: number
  /** Milliseconds since the epoch, default `Date.now`. */
  now?: () => number
}

/** Points to deliver, and where they end in the spool. */
export interface SpoolBatch {
  readonly lines: readonly string[]
  readonly segment: number
  readonly offset: number
  /** How many of the points stand in which segment. */
  readonly pointsBySegment: ReadonlyMap<number, number>
}

/** What a spool holds, and what it had to let go of since it was opened. */
export interface SpoolStats {
  /** Points that wait or are being delivered. */
  readonly points: number
  readonly bytes: number
  /** When the oldest point was written, in milliseconds since the epoch; `undefined` when there is none. */
  readonly oldestMs: number | undefined
  /** Dropped because they were too many. */
  readonly droppedFull: number
  /** Dropped because they were too old. */
  readonly droppedOld: number
  /** Dropped because the disk did not take them. */
  readonly droppedUnwritable: number
  /** Lost to damage on the disk. */
  readonly droppedDamaged: number
}

const MAX_SEGMENT_BYTES = 8 * 1024 * 1024
const SEGMENTS = 8
/** A drained segment this long makes room; a shorter one is written on, which costs the disk less. */
const RENEW_BYTES = 256 * 1024
/** An old segment is let go of as a whole, so it must not span too long a time. */
const SEGMENT_SHARE_OF_AGE = 16
/** Characters of lines in one record, about. */
const RECORD_CHARACTERS = 256 * 1024

/**
 * A queue of points on disk. What `append` has returned for survives a crash of the process at any moment, and is handed out in
 * order until it is committed. Batches that were delivered but not committed are handed out again.
 */
export class Spool {
  readonly #options: SpoolOptions
  readonly #now: () => number
  readonly #segmentBytes: number
  readonly #stateFile: StateFile
  readonly #unlock: () => void
  readonly #mutex = new Mutex()
  #segments: Segment[]
  /** Whether the last segment is this process's own. */
  #isWriting = false
  #state: SpoolState
  #nextId: number
  #handedOut: SpoolBatch | undefined
  #droppedFull = 0
  #droppedOld = 0
  #droppedUnwritable = 0
  #droppedDamaged = 0
  #waiting: { points: number; done: () => void } | undefined

  private constructor(options: SpoolOptions, parts: { stateFile: StateFile; unlock: () => void; left: LeftOver }) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#segmentBytes = Math.max(1, Math.min(MAX_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS)))
    this.#stateFile = parts.stateFile
    this.#unlock = parts.unlock
    this.#segments = parts.left.segments
    this.#state = parts.left.state
    this.#nextId = parts.left.nextId
  }

  /** @throws SpoolError `SPOOL_IN_USE`, `SPOOL_UNUSABLE` */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory } = options
    let unlock: (() => void) | undefined
    let file: StateFile | undefined
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      unlock = lockSpool(join(directory, 'lock'))
      const { file: stateFile, state } = await StateFile.open(join(directory, 'state'))
      file = stateFile
      const left = await recover(directory, state)
      await stateFile.save(left.state)
      return new Spool(options, { stateFile, unlock, left })
    } catch (cause) {
      await file?.close()
      unlock?.()
      if (cause instanceof SpoolError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `The spool cannot be used: ${reason}; name a directory this user may write to with --spool`
      throw new SpoolError('SPOOL_UNUSABLE', message, { cause })
    }
  }

  get stats(): SpoolStats {
    return {
      points: this.#points + this.#orphans,
      bytes: this.#bytes,
      oldestMs: this.#segments.find(segment => segment.points > 0)?.firstMs,
      droppedFull: this.#droppedFull,
      droppedOld: this.#droppedOld,
      droppedUnwritable: this.#droppedUnwritable,
      droppedDamaged: this.#droppedDamaged
    }
  }

  /** Whether there was an exporter before this one. */
  get hasHistory(): boolean {
    return this.#state.nextIndex > 1
  }

  /** How far the bus was read with what is here or was. */
  get position(): BusPosition | undefined {
    return this.#state.position
  }

  /**
   * Takes points, and how far the bus was read with them. What the disk does not take is dropped and counted.
   *
   * @param position `undefined` when the bus does not number its events
   */
  append(lines: readonly string[], position: BusPosition | undefined): Promise<void> {
    return this.#mutex.run(async () => {
      for (let from = 0; from < lines.length; ) {
        let to = from
        for (let characters = 0; to < lines.length && characters < RECORD_CHARACTERS; to += 1) {
          characters += lines[to]?.length ?? 0
        }
        // Only with its last point has an append been read whole.
        await this.#appendRecord(lines.slice(from, to), to === lines.length ? position : this.#state.position)
        from = to
      }
      this.#state.position = position
      if (this.#waiting !== undefined && this.#points >= this.#waiting.points) this.#waiting.done()
    })
  }

  /** The next points to deliver, one record at least; `undefined` when there are none. One batch at a time is out. */
  take(maxPoints: number): Promise<SpoolBatch | undefined> {
    return this.#mutex.run(async () => {
      await this.#dropOld()
      const lines: string[] = []
      const pointsBySegment = new Map<number, number>()
      let { segment: id, offset } = this.#state
      for (const segment of this.#segments) {
        if (segment.id < id) continue
        if (segment.id > id) [id, offset] = [segment.id, 0]
        while (offset < segment.size && lines.length < maxPoints) {
          const record = await segment.read(offset)
          if (record === undefined) {
            offset = this.#skipDamage(segment, pointsBySegment.get(id) ?? 0)
            break
          }
          if (lines.length > 0 && lines.length + record.header.points > maxPoints) break
          for (const line of linesOf(record.bytes, record.header)) lines.push(line)
          pointsBySegment.set(id, (pointsBySegment.get(id) ?? 0) + record.header.points)
          offset = record.end
        }
        if (offset < segment.size) break
      }
      if (lines.length === 0) return undefined
      this.#handedOut = { lines, segment: id, offset, pointsBySegment }
      return this.#handedOut
    })
  }

  /** The batch has been dealt with; it will not be handed out again. */
  commit(batch: SpoolBatch): Promise<void> {
    return this.#mutex.run(async () => {
      this.#handedOut = undefined
      for (const segment of this.#segments) segment.points -= batch.pointsBySegment.get(segment.id) ?? 0
      const first = this.#segments[0]
      // Everything it came from may have been dropped meanwhile.
      if (first === undefined || batch.segment < first.id) return
      this.#state.segment = batch.segment
      this.#state.offset = batch.offset
      await this.#letGoOfDelivered()
    })
  }

  /** The batch that is out goes back: it will be handed out again, unless it had to be dropped meanwhile. */
  release(): Promise<void> {
    return this.#mutex.run(async () => {
      this.#droppedFull += this.#orphans
      this.#handedOut = undefined
    })
  }

  /** Resolves when there are so many points to take, or the time is up, or the signal aborts. */
  async waitForPoints(
    points: number,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }
  ): Promise<void> {
    if (signal.aborted || this.#points >= points) return
    await new Promise<void>(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#waiting = undefined
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiting = { points, done }
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Remembers how far the bus was read, and closes all files. */
  close(): Promise<void> {
    return this.#mutex.run(async () => {
      try {
        await this.#segments.at(-1)?.sync()
        await this.#stateFile.save(this.#state)
      } finally {
        for (const segment of this.#segments) await segment.close()
        await this.#stateFile.close()
        this.#unlock()
      }
    })
  }

  get #points(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.points, 0)
  }

  /** Points that are being delivered while their segment is gone already. */
  get #orphans(): number {
    const held = new Set(this.#segments.map(({ id }) => id))
    let points = 0
    for (const [id, count] of this.#handedOut?.pointsBySegment ?? []) if (!held.has(id)) points += count
    return points
  }

  get #bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  async #appendRecord(lines: readonly string[], position: BusPosition | undefined): Promise<void> {
    const writtenMs = this.#now()
    const index = this.#state.nextIndex
    const record = formatRecord(lines, { index, writtenMs, position })
    await this.#makeRoom(record.length)
    for (;;) {
      try {
        const segment = await this.#current(record.length, writtenMs)
        await segment.append(record, { points: lines.length, writtenMs })
        this.#state.nextIndex = index + 1
        return
      } catch (error) {
        // On a full disk the oldest points make room as long as there are any.
        if (isFull(error) && (await this.#dropFirst('droppedUnwritable'))) continue
        this.#droppedUnwritable += lines.length
        return
      }
    }
  }

  /** The segment that is written to. What another process left is only read: its end may be torn. */
  async #current(bytes: number, nowMs: number): Promise<Segment> {
    const last = this.#segments.at(-1)
    if (this.#isWriting && last !== undefined) {
      const isLong = last.size > 0 && last.size + bytes > this.#segmentBytes
      const isOld = last.size > 0 && nowMs - last.firstMs > this.#options.maxAgeMs / SEGMENT_SHARE_OF_AGE
      if (!isLong && !isOld) return last
      await last.sync()
    }
    const next = new Segment(this.#options.directory, this.#nextId)
    this.#nextId += 1
    this.#segments.push(next)
    this.#isWriting = true
    return next
  }

  async #makeRoom(bytes: number): Promise<void> {
    while (this.#bytes > 0 && this.#bytes + bytes > this.#options.maxBytes) {
      if (!(await this.#dropFirst('droppedFull'))) return
    }
  }

  async #dropOld(): Promise<void> {
    for (;;) {
      const first = this.#segments[0]
      if (first === undefined || first.size === 0) return
      if (this.#now() - first.lastMs <= this.#options.maxAgeMs) return
      await this.#dropFirst('droppedOld')
    }
  }

  /** Lets go of the oldest segment. What of it is being delivered is not lost yet. */
  async #dropFirst(reason: 'droppedFull' | 'droppedOld' | 'droppedUnwritable'): Promise<boolean> {
    const segment = this.#segments.shift()
    if (segment === undefined) return false
    const lost = segment.points - (this.#handedOut?.pointsBySegment.get(segment.id) ?? 0)
    if (reason === 'droppedFull') this.#droppedFull += lost
    else if (reason === 'droppedOld') this.#droppedOld += lost
    else this.#droppedUnwritable += lost
    if (this.#segments.length === 0) this.#isWriting = false
    if (this.#state.segment <= segment.id) [this.#state.segment, this.#state.offset] = [segment.id + 1, 0]
    await this.#remove([segment])
    return true
  }

  async #letGoOfDelivered(): Promise<void> {
    const last = this.#segments.at(-1)
    const isDrained = last !== undefined && last.id === this.#state.segment && this.#state.offset >= last.size
    if (isDrained && (last.size >= RENEW_BYTES || !this.#isWriting)) {
      this.#isWriting = false
      ;[this.#state.segment, this.#state.offset] = [last.id + 1, 0]
    }
    const delivered = this.#segments.filter(({ id }) => id < this.#state.segment)
    this.#segments = this.#segments.filter(({ id }) => id >= this.#state.segment)
    await this.#remove(delivered)
  }

  /** First the state, then the files: so what is gone is never looked for, and a number never used again. */
  async #remove(segments: readonly Segment[]): Promise<void> {
    // A disk that is full takes this, too: the file has its length.
    await this.#stateFile.save(this.#state).catch(() => undefined)
    for (const segment of segments) {
      await segment.close()
      await rm(segment.path, { force: true }).catch(() => undefined)
    }
  }

  /** The rest of a damaged segment cannot be found: the place where the next record begins is lost, too. */
  #skipDamage(segment: Segment, taken: number): number {
    this.#droppedDamaged += segment.points - taken
    segment.points = taken
    return segment.size
  }
}

interface LeftOver {
  segments: Segment[]
  state: SpoolState
  /** Higher than that of any segment there ever was: the state may still speak of one whose file is gone. */
  nextId: number
}

/** What an earlier process left: whole records from the first that was not committed. */
async function recover(directory: string, state: SpoolState | undefined): Promise<LeftOver> {
  const ids = (await readdir(directory)).map(segmentNumber).filter(id => id !== undefined)
  ids.sort((a, b) => a - b)
  const recovered: SpoolState = { segment: ids[0] ?? 1, offset: 0, nextIndex: 1, ...state }
  const segments: Segment[] = []
  let last: RecordHeader | undefined
  for (const id of ids) {
    const segment = new Segment(directory, id)
    if (id < recovered.segment) {
      await rm(segment.path, { force: true })
      continue
    }
    const from = id === recovered.segment ? recovered.offset : 0
    last = (await segment.recover(from, id === ids.at(-1))) ?? last
    if (segment.size > 0) segments.push(segment)
    else await discard(segment)
  }
  // Records that were written after the state know better how far the bus was read.
  if (last !== undefined && last.index >= recovered.nextIndex) {
    recovered.nextIndex = last.index + 1
    recovered.position = last.position
  }
  return { segments, state: recovered, nextId: Math.max(recovered.segment, ...ids) + 1 }
}

async function discard(segment: Segment): Promise<void> {
  await segment.close()
  await rm(segment.path, { force: true })
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '')
}
