import { EventBatch, type EventQueue } from './event-queue.js'
import type { Sink } from './sinks/sink.js'

/** What a {@link Pump} connects. */
export interface PumpOptions {
  readonly queue: EventQueue
  readonly sink: Sink
  /** Events are collected for so long before they are written; 0 for as long as others have the turn. */
  readonly flushMs: number
  /** Tells that events were lost, in the output's format and framed; undefined where it has no words for it. */
  readonly lossNotice: (lost: number) => Buffer | undefined
  /** Called with a sentence when writing stops working, and when it works again. */
  readonly log: (text: string) => void
}

const MIN_RETRY_MS = 100
const MAX_RETRY_MS = 10_000
/** After so long without a failure the next one is the first again; one who takes a connection and ends it is not asked ever faster. */
const STEADY_MS = 30_000
/** What is given at the end to write what waits. */
const CLOSE_MS = 2000

/** Brings what waits in a queue to a sink, as often as it takes. */
export class Pump {
  readonly #options: PumpOptions
  #failures = 0
  #lastError: string | undefined
  /** Events lost when it stopped working; undefined while it works. */
  #lostAtFailure: number | undefined
  /** Failures in a row, steps of the back-off. */
  #attempt = 0
  #failedMs = Number.NEGATIVE_INFINITY
  /** Set when it was announced that the sink is not open any more. */
  #isDown = false
  #flushTimer: NodeJS.Timeout | undefined
  #flushImmediate: NodeJS.Immediate | undefined
  #running: Promise<void> | undefined
  /** Ends the waiting for the next attempt. */
  #retryNow: (() => void) | undefined
  #isClosing = false
  #isClosed = false

  constructor(options: PumpOptions) {
    this.#options = options
  }

  get failures(): number {
    return this.#failures
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Something was put into the queue. */
  wake(): void {
    if (this.#running !== undefined || this.#flushImmediate !== undefined) return
    if (this.#options.flushMs === 0 || this.#options.queue.isPressing) {
      this.#flushImmediate = setImmediate(() => this.start())
    } else this.#flushTimer ??= setTimeout(() => this.start(), this.#options.flushMs)
  }

  /** Opens the sink and writes what waits. */
  start(): void {
    this.#cancelFlush()
    if (this.#running !== undefined || this.#isClosed) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (!this.#options.queue.isEmpty && !this.#isClosing) this.wake()
    })
  }

  /** The sink does not work any more, although nothing was written: it is opened again, after a while. */
  reopen(error: Error): void {
    this.#isDown = true
    this.#failed(error)
    this.start()
  }

  /** Something went wrong that does not keep events from being written. */
  complain(error: Error): void {
    if (error.message !== this.#lastError) this.#options.log(error.message)
    this.#lastError = error.message
  }

  /** Writes what waits, as far as two seconds allow. What is left in the queue then is lost. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#retryNow?.()
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>(resolve => {
      timer = setTimeout(resolve, CLOSE_MS)
    })
    const { sink } = this.#options
    const ending = this.#end().catch((error: unknown) => this.complain(error as Error))
    await Promise.race([ending, deadline])
    clearTimeout(timer)
    this.#isClosed = true
    sink.destroy()
    await this.#running
    this.#cancelFlush()
  }

  async #end(): Promise<void> {
    // What is under way may be past looking into the queue.
    await this.#running
    if (this.#isClosed) return
    this.start()
    await this.#running
    await this.#options.sink.end()
  }

  #cancelFlush(): void {
    clearTimeout(this.#flushTimer)
    clearImmediate(this.#flushImmediate)
    this.#flushTimer = undefined
    this.#flushImmediate = undefined
  }

  async #run(): Promise<void> {
    // Whoever announced a failure is not to be opened again at once.
    if (this.#isDown && !this.#isClosing) await this.#pause()
    for (;;) {
      try {
        this.#isDown = false
        await this.#options.sink.open()
        await this.#writeAll()
        if (!this.#isDown) {
          this.#worked()
          return
        }
      } catch (error) {
        this.#failed(error as Error)
      }
      if (this.#isClosing) return
      await this.#pause()
    }
  }

  async #writeAll(): Promise<void> {
    const { queue, sink, lossNotice } = this.#options
    for (;;) {
      const lost = queue.takeLoss()
      const notice = lost > 0 ? lossNotice(lost) : undefined
      if (notice !== undefined) await this.#tell(lost, notice)
      const batch = queue.take()
      if (batch === undefined) return
      try {
        await sink.write(batch)
        queue.finish(batch)
      } catch (error) {
        queue.putBack(batch)
        throw error
      }
      this.#worked()
    }
  }

  async #tell(lost: number, notice: Buffer): Promise<void> {
    const { queue, sink } = this.#options
    try {
      await sink.write(EventBatch.notice(notice, lost))
    } catch (error) {
      queue.addUntold(lost)
      throw error
    }
  }

  #pause(): Promise<void> {
    const delayMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(this.#attempt - 1, 20))
    return new Promise<void>(resolve => {
      const timer = setTimeout(resolve, delayMs * (0.75 + Math.random() / 4))
      this.#retryNow = () => {
        clearTimeout(timer)
        resolve()
      }
    }).then(() => {
      this.#retryNow = undefined
    })
  }

  #failed(error: Error): void {
    const nowMs = performance.now()
    this.#attempt = nowMs - this.#failedMs > STEADY_MS ? 1 : this.#attempt + 1
    this.#failedMs = nowMs
    this.#failures += 1
    this.#lastError = error.message
    if (this.#lostAtFailure !== undefined || this.#isClosing) return
    this.#lostAtFailure = this.#options.queue.dropped
    this.#options.log(`${error.message}; events wait, and it is tried again`)
  }

  #worked(): void {
    if (this.#lostAtFailure === undefined) return
    const lost = this.#options.queue.dropped - this.#lostAtFailure
    this.#lostAtFailure = undefined
    this.#options.log(lost > 0 ? `works again; ${lost} events were lost meanwhile` : 'works again')
  }
}
