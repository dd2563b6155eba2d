import { closeSync, writeSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { connectUnixDatagram } from '@packet-logs/nflog-native/unix-datagram'
import type { EventBatch } from '../event-queue.js'
import { countWritten, type Sink, type SinkCounters } from './sink.js'

/** Where a {@link UnixDatagramSink} sends. */
export interface UnixDatagramSinkOptions {
  readonly path: string
  readonly counters: SinkCounters
}

/** A receiver holds a few datagrams, often ten; nothing tells when it has room again. */
const RETRY_MS = 10
/** Sent before others get their turn. */
const MAX_DATAGRAMS_AT_ONCE = 64

/** Sends a datagram per event to a unix socket. A full receiver is waited for, one that went away is looked for again. */
export class UnixDatagramSink implements Sink {
  readonly isWanted = true
  readonly #options: UnixDatagramSinkOptions
  #fd: number | undefined
  #hasBeenOpen = false
  #isDestroyed = false

  constructor(options: UnixDatagramSinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#fd !== undefined
  }

  async open(): Promise<void> {
    if (this.#fd !== undefined) return
    const { path, counters } = this.#options
    this.#fd = connectUnixDatagram(path)
    if (this.#hasBeenOpen) counters.reconnects += 1
    this.#hasBeenOpen = true
  }

  async write(batch: EventBatch): Promise<void> {
    let sent = 0
    while (batch.pendingEvents > 0) {
      if (this.#isDestroyed) throw new Error('the output is closed')
      if (!this.#send(batch)) await sleep(RETRY_MS)
      else if (++sent % MAX_DATAGRAMS_AT_ONCE === 0) await nextTurn()
    }
  }

  async end(): Promise<void> {
    this.#close()
  }

  destroy(): void {
    this.#isDestroyed = true
    this.#close()
  }

  /** Sends the next event; false when the receiver has no room. */
  #send(batch: EventBatch): boolean {
    const { counters } = this.#options
    const { start } = batch
    const length = batch.startOf(batch.done + 1) - start
    try {
      if (this.#fd === undefined) throw new Error('the output is closed')
      writeSync(this.#fd, batch.bytes, start, length)
      countWritten(counters, batch, batch.done + 1)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN' || code === 'ENOBUFS') return false
      if (code !== 'EMSGSIZE') {
        this.#close()
        throw error
      }
      if (batch.tellsLoss === 0) counters.skipped += 1
    }
    batch.done += 1
    return true
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
