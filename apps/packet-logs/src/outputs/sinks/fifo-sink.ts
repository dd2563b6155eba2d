import { closeSync, fstatSync, lstatSync, renameSync, type Stats, statSync } from 'node:fs'
import { lchown, rm } from 'node:fs/promises'
import type { EventBatch } from '../event-queue.js'
import { FifoReader } from './fifo-reader.js'
import { isReadByTail } from './fifo-tail.js'
import { makeFifo } from './make-fifo.js'
import { hasReader, openNonblocking } from './nonblocking-fd.js'
import { refusePlanted } from './planted.js'
import type { Held, Sink, SinkCounters } from './sink.js'

/** How a {@link FifoSink} treats its FIFO. */
export interface FifoSinkOptions {
  readonly path: string
  readonly mode: number
  readonly maxReaders: number
  /** Whether readers need an end behind each piece that is written; `auto`: those that are `tail`. */
  readonly endOften: 'auto' | boolean
  /** What may wait for each reader, in bytes. */
  readonly queueBytes: number
  /** What each reader is given first; empty for text. */
  readonly preamble: Buffer
  /** Tells a reader that events were lost; undefined where the format has no words for it. */
  readonly lossNotice: (lost: number) => Buffer | undefined
  readonly counters: SinkCounters
  /** Called when the FIFO is gone and cannot be made again, or something else is in its place. */
  readonly onDown: (error: Error) => void
  /** Called with a sentence for the operator. */
  readonly log: (text: string) => void
}

/** Nothing tells that a reader waits; so short a time does not feel like waiting. */
const POLL_MS = 100

/**
 * Writes to whoever reads a FIFO. As soon as somebody has opened it, a new FIFO takes its place at the path: each reader has a
 * pipe of its own, so that one which comes while another leaves does not get the rest of what was meant for that. Where the
 * place cannot be taken (the folder or the owner does not allow it), there is one reader at a time.
 */
export class FifoSink implements Sink {
  readonly #options: FifoSinkOptions
  readonly #readers = new Map<number, FifoReader>()
  #timer: NodeJS.Timeout | undefined
  /** A FIFO that is ready to take the path. */
  #next: string | undefined
  #canReplace = true
  #hasSaidUnknown = false
  /** A FIFO that is being made. */
  #making: Promise<void> | undefined
  #isEnded = false

  constructor(options: FifoSinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#readers.size > 0
  }

  get isWanted(): boolean {
    return this.#readers.size > 0
  }

  get held(): Held {
    const all = [...this.#readers.values()].map(({ held }) => held)
    return {
      events: all.reduce((sum, { events }) => sum + events, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0)
    }
  }

  async open(): Promise<void> {
    if (this.#timer !== undefined) return
    const { path, mode } = this.#options
    if (this.#stat() === undefined) await makeFifo(path, mode)
    await this.#prepareNext()
    if (this.#isEnded) return
    this.#timer = setInterval(() => this.#poll(), POLL_MS)
    this.#poll()
  }

  async write(batch: EventBatch): Promise<void> {
    const { tellsLoss } = batch
    const events = tellsLoss > 0 ? 0 : batch.pendingEvents
    if (this.#readers.size === 0) this.#options.counters.unread += events
    else {
      // The queue uses its buffer again; readers take their time.
      const bytes = Buffer.from(batch.bytes.subarray(batch.start, batch.length))
      for (const reader of this.#readers.values()) reader.push({ bytes, events, tellsLoss })
    }
    batch.done = batch.ends.length
  }

  async end(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#readers.values()].map(reader => reader.end()))
    await this.#making
    if (this.#next !== undefined) await rm(this.#next, { force: true })
  }

  destroy(): void {
    this.#stop()
    for (const reader of this.#readers.values()) reader.destroy()
  }

  #stop(): void {
    this.#isEnded = true
    clearInterval(this.#timer)
  }

  /** @throws Error when something else than a FIFO is at the path, or somebody else put it there */
  #stat(): Stats | undefined {
    const { path } = this.#options
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    if (!stat.isFIFO()) throw noFifo(path)
    refusePlanted(path)
    return stat
  }

  #poll(): void {
    for (const reader of this.#readers.values()) if (!hasReader(reader.fd)) reader.leave()
    if (this.#making !== undefined) return
    const { path, mode, maxReaders } = this.#options
    try {
      const stat = this.#stat()
      if (stat === undefined) this.#make(() => makeFifo(path, mode))
      else if (this.#readers.has(stat.ino)) this.#replace()
      else if (this.#readers.size < maxReaders) this.#admit()
      if (stat !== undefined && this.#canReplace && this.#next === undefined) this.#make(() => this.#prepareNext())
    } catch (error) {
      this.#down(error as Error)
    }
  }

  #admit(): void {
    const { path, preamble, queueBytes, lossNotice, counters } = this.#options
    let fd: number
    try {
      fd = openNonblocking(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENXIO') return
      throw error
    }
    const stat = fstatSync(fd)
    if (!stat.isFIFO()) {
      closeSync(fd)
      throw noFifo(path)
    }
    const onGone = (): void => void this.#readers.delete(stat.ino)
    const endsOften = this.#endsOften(stat)
    const reader = new FifoReader({ fd, preamble, queueBytes, endsOften, lossNotice, counters, onGone })
    this.#readers.set(stat.ino, reader)
    this.#replace()
  }

  async #endsOften(stat: Stats): Promise<boolean> {
    const { endOften, path, log } = this.#options
    if (endOften !== 'auto') return endOften
    const isTail = await isReadByTail(stat, () => !this.#readers.has(stat.ino))
    if (isTail === undefined && !this.#hasSaidUnknown) {
      this.#hasSaidUnknown = true
      log(`/proc does not tell who reads ${path}; if it is tail -f and prints nothing, set endOften: true`)
    }
    return isTail ?? false
  }

  /** Puts the next FIFO where a reader's is. */
  #replace(): void {
    if (!this.#canReplace || this.#next === undefined) return
    try {
      renameSync(this.#next, this.#options.path)
    } catch (error) {
      this.#failedToReplace(error as Error)
    }
    if (this.#canReplace) this.#next = undefined
  }

  #failedToReplace(error: NodeJS.ErrnoException): void {
    // Somebody tidied up between two steps: there will be another.
    if (error.code === 'ENOENT') return
    this.#canReplace = false
    const { path, log } = this.#options
    log(`only one can read ${path} at a time, for no other FIFO can take its place: ${error.message}`)
  }

  /** Looks no longer until it is opened again, after a while; who reads goes on reading. */
  #down(error: Error): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (!this.#isEnded) this.#options.onDown(error)
  }

  #make(make: () => Promise<void>): void {
    this.#making = make()
      .catch((error: unknown) => this.#down(error as Error))
      .finally(() => {
        this.#making = undefined
      })
  }

  async #prepareNext(): Promise<void> {
    const { path } = this.#options
    const like = this.#stat()
    if (like === undefined || this.#next !== undefined) return
    const next = `${path}.next`
    try {
      await replaceFifo(next, like)
      this.#next = next
    } catch (error) {
      this.#failedToReplace(error as Error)
    }
  }
}

/** Makes a FIFO with the mode and the owner of another, in the place of one that was left behind. */
async function replaceFifo(path: string, like: Stats): Promise<void> {
  const old = lstatSync(path, { throwIfNoEntry: false })
  if (old !== undefined && !old.isFIFO()) throw new Error(`${path} is in the way`)
  await rm(path, { force: true })
  await makeFifo(path, like.mode & 0o777)
  try {
    await lchown(path, like.uid, like.gid)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

function noFifo(path: string): Error {
  return new Error(`${path} is no FIFO; move it away, or name another path`)
}
