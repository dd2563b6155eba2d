import { setTimeout as sleep } from 'node:timers/promises'
import { NflogError } from './errors.js'
import { toNflogError } from './kernel-error.js'
import type { Gap, LoggedPacket } from './logged-packet.js'
import type { NativeConfig, NativeError, NativeGap, NativeSocket, NflogStats, OnBatch } from './native.js'
import { type NflogChanges, type NflogSettings, parseChanges, toNativeConfig } from './options.js'
import { BatchMemory, MemoryBatch, type PacketBatch } from './packet-batch.js'
import { StringTable } from './string-table.js'

/**
 * An open reader of log groups. Iterating gives packets; {@link batches} gives many at a time, for hot paths.
 *
 * Nothing is read before it is asked for: while the reader is busy, packets wait in the kernel's receive buffer, and
 * what does not fit there is lost and counted. All ways of reading share one stream; each packet is given out once.
 * A loss is told in its place: by the `gap` of the packet, and of the batch, that comes after it.
 * Leaving a loop does not close the socket.
 */
export interface NflogSocket extends AsyncIterable<LoggedPacket>, AsyncDisposable {
  /** Groups that this socket owns. */
  readonly groups: readonly number[]
  /** File descriptor of the netlink socket; undefined once it is closed. */
  readonly fd: number | undefined
  /** Packets that were read and not yet given out. */
  readonly queued: number
  /** Options as they are in effect now: what the kernel rounded or granted. */
  readonly settings: NflogSettings
  /** Counters; they stay readable after {@link close}. */
  readonly stats: NflogStats
  resetStats(): void
  /** Packets as they were read together: at most one batch per turn of the event loop, unless packets were lost. */
  batches(): AsyncIterableIterator<PacketBatch>
  /**
   * The next packet if there is one now. Never waits.
   *
   * @throws What iteration would reject with: the reason of an abort, NflogError `NFLOG_IO`.
   */
  tryRead(): LoggedPacket | undefined
  /**
   * Changes the socket and all its groups while packets flow; what is not named stays. Nothing is read for it: packets
   * that are queued already come as they were logged.
   *
   * @throws TypeError or RangeError that names the option; NflogError `NFLOG_CLOSED`, `NFLOG_GROUP_IN_USE`,
   * `NFLOG_PERMISSION` (changing needs the privilege that opening needed), `NFLOG_IO`. Nothing was changed then.
   */
  configure(changes: NflogChanges): void
  /**
   * Gives the groups up. What the kernel still held can be read; then iteration ends. Safe to call twice. Resolves at
   * once, or soon after `flushMs` when the process has dropped its privilege and so cannot ask for the rest any sooner.
   */
  close(): Promise<void>
  /** Waiting for packets keeps the process alive; this is the default. */
  ref(): this
  /** Lets the process end while somebody waits for packets. */
  unref(): this
}

/** How late the kernel's timer may be, by up to two ticks of 10 ms, and this process after it. */
const schedulingMs = 30

interface Waiter {
  /** The loop that waits. */
  readonly iterator: object
  /** Takes what came, if it is enough. */
  settle(): boolean
  end(): void
  reject(reason: unknown): void
}

/** Opens the native half; the callbacks come from the socket that will own it. */
export type OpenNative = (
  config: NativeConfig,
  onBatch: OnBatch,
  onFailure: (error: NativeError) => void
) => NativeSocket

/** The stream over one native socket. */
export class NativeStream implements NflogSocket {
  private readonly native: NativeSocket
  private current: NflogSettings
  private readonly signal: AbortSignal | undefined
  private strings = new StringTable()
  private readonly queue: MemoryBatch[] = []
  /** Packets given out of the first batch in the queue. */
  private taken = 0
  private queuedPackets = 0
  private carriedGap: Gap | undefined
  private waiters: Waiter[] = []
  private isClosed = false
  private closing: Promise<void> | undefined
  private lastStats: NflogStats | undefined
  /** Thrown once the queue is empty: `once` for an overrun, for good after a failure or abort. */
  private failure: { reason: unknown; once: boolean } | undefined

  constructor(settings: NflogSettings, signal: AbortSignal | undefined, openNative: OpenNative) {
    this.current = settings
    this.signal = signal
    this.native = openNative(
      toNativeConfig(settings),
      (...batch) => this.receive(...batch),
      error => this.fail(error)
    )
    signal?.addEventListener('abort', this.abort, { once: true })
  }

  get groups(): readonly number[] {
    return this.current.groups
  }

  get fd(): number | undefined {
    return this.isClosed ? undefined : this.native.fd
  }

  get queued(): number {
    return this.queuedPackets
  }

  get settings(): NflogSettings {
    return { ...this.current, receiveBufferBytes: this.stats.receiveBufferBytes }
  }

  get stats(): NflogStats {
    return this.lastStats ?? this.native.stats()
  }

  resetStats(): void {
    if (!this.isClosed) this.native.resetStats()
  }

  batches(): AsyncIterableIterator<PacketBatch> {
    return this.iterate(() => this.takeBatch())
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<LoggedPacket> {
    return this.iterate(() => this.takePacket())
  }

  tryRead(): LoggedPacket | undefined {
    if (this.queue.length === 0 && !this.isClosed) this.native.read()
    const packet = this.takePacket()
    if (packet === undefined && this.failure) throw this.takeFailure()
    return packet
  }

  configure(changes: NflogChanges): void {
    const settings = parseChanges(this.current, changes)
    if (this.isClosed) throw new NflogError('NFLOG_CLOSED', 'the socket is closed; open another one with these options')
    const config = toNativeConfig(settings)
    // The buffer may have grown meanwhile.
    if (changes.receiveBufferBytes === undefined) config.receiveBufferBytes = 0
    try {
      this.native.configure(config)
    } catch (cause) {
      throw toNflogError(cause as NativeError)
    }
    this.current = settings
  }

  async close(): Promise<void> {
    this.closing ??= this.drainAndRelease()
    await this.closing
  }

  private async drainAndRelease(): Promise<void> {
    if (this.isClosed) return
    if (!this.native.unbind()) await sleep(this.current.flushMs + schedulingMs)
    // Bounded by the receive buffer: nothing more can arrive for a group that was given up.
    while (!this.isClosed && this.native.read());
    this.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  ref(): this {
    this.native.ref()
    return this
  }

  unref(): this {
    this.native.unref()
    return this
  }

  private iterate<T>(take: () => T | undefined): AsyncIterableIterator<T> {
    let isDone = false
    const iterator: AsyncIterableIterator<T> = {
      next: () => (isDone ? Promise.resolve({ done: true, value: undefined }) : this.next(iterator, take)),
      return: () => {
        isDone = true
        this.dismiss(iterator)
        return Promise.resolve({ done: true, value: undefined })
      },
      [Symbol.asyncIterator]: () => iterator
    }
    return iterator
  }

  /** A loop can be left while it waits, as a stream does that is destroyed: what comes is for others then. */
  private dismiss(iterator: object): void {
    const left = this.waiters.filter(waiter => waiter.iterator === iterator)
    if (left.length === 0) return
    this.waiters = this.waiters.filter(waiter => waiter.iterator !== iterator)
    for (const waiter of left) waiter.end()
    if (this.waiters.length === 0) this.native.rest()
  }

  private next<T>(iterator: object, take: () => T | undefined): Promise<IteratorResult<T, undefined>> {
    const value = take()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.failure) return rejectWith(this.takeFailure())
    if (this.isClosed) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.waiters.push({
        iterator,
        settle: () => {
          const value = take()
          if (value === undefined) return false
          resolve({ done: false, value })
          return true
        },
        end: () => resolve({ done: true, value: undefined }),
        reject
      })
      this.native.request()
    })
  }

  private takeBatch(): PacketBatch | undefined {
    const batch = this.queue.shift()
    if (!batch) return undefined
    const rest = this.taken === 0 ? batch : batch.rest(this.taken)
    this.taken = 0
    this.queuedPackets -= rest.length
    return rest
  }

  private takePacket(): LoggedPacket | undefined {
    const batch = this.queue[0]
    if (!batch) return undefined
    const packet = batch.get(this.taken++)
    this.queuedPackets--
    if (this.taken === batch.length) {
      this.queue.shift()
      this.taken = 0
    }
    return packet
  }

  private receive(...[buffer, count, addedStrings, gaps = [], startOver]: Parameters<OnBatch>): void {
    if (startOver) this.strings = new StringTable()
    if (addedStrings) this.strings.add(addedStrings)
    this.enqueue(new BatchMemory(buffer, count, this.strings), count, gaps)
    this.settleWaiters()
  }

  /** A batch begins after each gap, so that the reader meets it between the packets around it. */
  private enqueue(memory: BatchMemory, count: number, gaps: readonly NativeGap[]): void {
    let first = 0
    for (const { at, ...gap } of gaps) {
      this.push(memory, first, at)
      this.carriedGap = gap
      first = at
    }
    this.push(memory, first, count)
  }

  private push(memory: BatchMemory, first: number, end: number): void {
    if (first === end) return
    if (this.carriedGap) memory.setGap(first, this.carriedGap)
    this.carriedGap = undefined
    this.queue.push(new MemoryBatch(memory, first, end - first))
    this.queuedPackets += end - first
  }

  private settleWaiters(): void {
    for (let waiter = this.waiters[0]; waiter?.settle(); waiter = this.waiters[0]) this.waiters.shift()
    // A request is answered by one batch; whoever still waits needs another.
    if (this.waiters.length > 0) this.native.request()
  }

  private fail(error: NativeError): void {
    const reason = toNflogError(error)
    if (error.osCode !== 'ENOBUFS') {
      this.failure = { reason, once: false }
      this.release()
      return
    }
    // One reader is told of an overrun; the others wait on.
    const waiter = this.waiters.shift()
    if (waiter) waiter.reject(reason)
    else this.failure = { reason, once: true }
    if (this.waiters.length > 0) this.native.request()
  }

  private readonly abort = (): void => {
    if (this.isClosed) return
    this.queue.length = 0
    this.queuedPackets = 0
    this.taken = 0
    this.failure = { reason: this.signal?.reason, once: false }
    this.release()
  }

  private takeFailure(): unknown {
    const failure = this.failure
    if (failure?.once) this.failure = undefined
    return failure?.reason
  }

  /** Frees the descriptor and ends the wait of everyone who found the queue empty. */
  private release(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.lastStats = this.native.stats()
    this.native.close()
    this.signal?.removeEventListener('abort', this.abort)
    for (const waiter of this.waiters.splice(0)) {
      if (this.failure) waiter.reject(this.failure.reason)
      else waiter.end()
    }
  }
}

/** An abort reason can be anything, and is passed on as it is. */
async function rejectWith(reason: unknown): Promise<never> {
  throw reason
}
