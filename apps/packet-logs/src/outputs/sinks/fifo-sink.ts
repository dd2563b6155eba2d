import { fstatSync, renameSync, type Stats, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { EventBatch } from '../event-queue.js'
import { FifoReader } from './fifo-reader.js'
import { makeFifo } from './make-fifo.js'
import { hasReader, openNonblocking } from './nonblocking-fd.js'
import type { Sink, SinkCounters } from './sink.js'

/** How a {@link FifoSink} treats its FIFO. */
export interface FifoSinkOptions {
  readonly path: string
  readonly mode: number
  readonly maxReaders: number
  readonly endOften: boolean
  /** What may wait for each reader, in bytes. */
  readonly queueBytes: number
  /** What each reader is given first; empty for text. */
  readonly preamble: Buffer
  /** Tells a reader that events were lost; undefined where the format has no words for it. */
  readonly lossNotice: (lost: number) => Buffer | undefined
  readonly counters: SinkCounters
  readonly onTrouble: (error: Error) => void
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

  async open(): Promise<void> {
    if (this.#timer !== undefined) return
    if (this.#stat() === undefined) await makeFifo(this.#options.path, this.#options.mode)
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

  /** @throws Error when something else than a FIFO is at the path */
  #stat(): Stats | undefined {
    const { path } = this.#options
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && !stat.isFIFO()) throw new Error(`${path} is no FIFO; move it away, or name another path`)
    return stat
  }

  #poll(): void {
    for (const reader of this.#readers.values()) if (!hasReader(reader.fd)) reader.destroy()
    if (this.#making !== undefined) return
    try {
      const stat = this.#stat()
      if (stat === undefined) this.#make(() => makeFifo(this.#options.path, this.#options.mode))
      else if (this.#readers.has(stat.ino)) this.#replace()
      else if (this.#readers.size < this.#options.maxReaders) this.#admit()
    } catch (error) {
      this.#options.onTrouble(error as Error)
    }
  }

  #admit(): void {
    const { path, preamble, queueBytes, endOften, lossNotice, counters } = this.#options
    let fd: number
    try {
      fd = openNonblocking(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENXIO') return
      throw error
    }
    this.#replace()
    const inode = fstatSync(fd).ino
    const onGone = (): void => void this.#readers.delete(inode)
    const reader = new FifoReader({ fd, preamble, queueBytes, endOften, lossNotice, counters, onGone })
    this.#readers.set(inode, reader)
  }

  /** Puts the next FIFO where a reader's is. */
  #replace(): void {
    if (this.#next !== undefined) {
      renameSync(this.#next, this.#options.path)
      this.#next = undefined
    }
    if (this.#canReplace) this.#make(() => this.#prepareNext())
  }

  #make(make: () => Promise<void>): void {
    this.#making = make()
      .catch(this.#options.onTrouble)
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
      await rm(next, { force: true })
      await makeFifo(next, like.mode & 0o777, like)
      this.#next = next
    } catch {
      this.#canReplace = false
      await rm(next, { force: true }).catch(() => undefined)
    }
  }
}
