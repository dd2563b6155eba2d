import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { EventBatch } from '../event-queue.js'
import type { Sink, SinkCounters } from './sink.js'

/** Where a {@link UdpSink} sends. */
export interface UdpSinkOptions {
  readonly host: string
  readonly port: number
  readonly counters: SinkCounters
}

const MAX_DATAGRAMS_AT_ONCE = 64

/**
 * Sends a datagram per event. That nobody listens is no error of the sender's: the kernel tells it at a later datagram, which is
 * sent again. When no datagram can be sent at all, they wait.
 */
export class UdpSink implements Sink {
  readonly isWanted = true
  readonly #options: UdpSinkOptions
  #socket: Socket | undefined
  #hasBeenOpen = false

  constructor(options: UdpSinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  async open(): Promise<void> {
    if (this.#socket !== undefined) return
    const { host, port, counters } = this.#options
    const { address, family } = await lookup(host)
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.connect(port, address, resolve)
      })
    } catch (error) {
      socket.close()
      throw error
    }
    socket.removeAllListeners('error')
    // What an ICMP message says about an earlier datagram.
    socket.on('error', () => undefined)
    this.#socket = socket
    if (this.#hasBeenOpen) counters.reconnects += 1
    this.#hasBeenOpen = true
  }

  async write(batch: EventBatch): Promise<void> {
    while (batch.pendingEvents > 0) {
      const from = batch.done
      const to = Math.min(batch.ends.length, from + MAX_DATAGRAMS_AT_ONCE)
      const failures = await Promise.all(
        Array.from({ length: to - from }, (_, index) => this.#send(batch, from + index))
      )
      this.#count(batch, from, to, failures)
    }
  }

  async end(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  #count(batch: EventBatch, from: number, to: number, failures: readonly (NodeJS.ErrnoException | undefined)[]): void {
    const { counters } = this.#options
    const hindrances = failures.filter(failure => failure !== undefined && failure.code !== 'EMSGSIZE')
    const [hindrance] = hindrances
    if (hindrance !== undefined && hindrances.length === to - from) {
      this.destroy()
      throw hindrance
    }
    for (const [index, failure] of failures.entries()) {
      if (failure === undefined) {
        counters.writtenBytes += batch.startOf(from + index + 1) - batch.startOf(from + index)
        if (batch.tellsLoss === 0) counters.written += 1
      } else if (batch.tellsLoss > 0) continue
      else if (failure.code === 'EMSGSIZE') counters.skipped += 1
      else counters.dropped += 1
    }
    batch.done = to
  }

  async #send(batch: EventBatch, index: number): Promise<NodeJS.ErrnoException | undefined> {
    const failure = await this.#sendOnce(batch, index)
    return failure?.code === 'ECONNREFUSED' ? this.#sendOnce(batch, index) : failure
  }

  #sendOnce(batch: EventBatch, index: number): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise(resolve => {
      const socket = this.#socket
      if (socket === undefined) {
        resolve(new Error('the output is closed'))
        return
      }
      const start = batch.startOf(index)
      socket.send(batch.bytes, start, batch.startOf(index + 1) - start, error => resolve(error ?? undefined))
    })
  }
}
