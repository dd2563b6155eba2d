import { write as writeFd } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { EventBatch } from '../event-queue.js'
import { countWritten, type Sink, type SinkCounters } from './sink.js'

const write = promisify(writeFd)
/** A terminal that was stopped with Ctrl-S says nothing when it goes on. */
const RETRY_MS = 20

/** Writes to an open file descriptor that is a file, a device or a non-blocking terminal; it is not closed. */
export class FdSink implements Sink {
  readonly isWanted = true
  readonly #fd: number
  readonly #counters: SinkCounters
  #isOpen = false
  #isDestroyed = false
  #preamble: Buffer

  constructor(fd: number, preamble: Buffer, counters: SinkCounters) {
    this.#fd = fd
    this.#preamble = preamble
    this.#counters = counters
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  async open(): Promise<void> {
    while (this.#preamble.length > 0) this.#preamble = this.#preamble.subarray(await this.#write(this.#preamble))
    this.#isOpen = true
  }

  async write(batch: EventBatch): Promise<void> {
    try {
      let at = batch.start
      while (at < batch.length) at += await this.#write(batch.bytes.subarray(at, batch.length))
      countWritten(this.#counters, batch)
    } catch (error) {
      this.#isOpen = false
      throw error
    }
  }

  async end(): Promise<void> {
    this.#isOpen = false
  }

  destroy(): void {
    this.#isDestroyed = true
  }

  async #write(bytes: Buffer): Promise<number> {
    for (;;) {
      if (this.#isDestroyed) throw new Error('the output is closed')
      try {
        return (await write(this.#fd, bytes)).bytesWritten
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        await sleep(RETRY_MS)
      }
    }
  }
}
