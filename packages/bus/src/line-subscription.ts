import type { BusEvent, LineBatch, SubscribeOptions, Subscription } from './event.js'

/** Where a subscription's events come from. After `undefined` the source wakes the subscription when there is more. */
export interface EventSource {
  readonly ready: Promise<void>
  readonly dropped: number
  /** Lines left out because they were no event. */
  readonly malformed: number
  /** Events in order, at least one, as many as are at hand. */
  takeEvents(): readonly BusEvent[] | undefined
  /** The same as lines. */
  takeLines(): TakenLines | undefined
  /** Safe to call twice. `error` is what whoever waits for `ready` gets. */
  close(error?: unknown): Promise<void>
}

/** Lines a source hands over, and their memory with them. */
export interface TakenLines {
  readonly bytes: Buffer
  readonly count: number
}

/** Reading, the same over every transport: waiting, parsing, ending. */
export class LineSubscription implements Subscription {
  readonly ready: Promise<void>
  readonly #source: EventSource
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.fail(this.#signal?.reason)
  #events: readonly BusEvent[] = []
  #nextEvent = 0
  #waiter: { promise: Promise<void>; resolve: () => void } | undefined
  /** No more will come, but what is there may still be read. */
  #ended: { error?: unknown } | undefined
  /** Nothing may be read any more. */
  #stopped: { error?: unknown } | undefined

  constructor(source: EventSource, { signal }: SubscribeOptions = {}) {
    this.#source = source
    this.#signal = signal
    this.ready = source.ready
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get dropped(): number {
    return this.#source.dropped
  }

  get malformed(): number {
    return this.#source.malformed
  }

  /** The source has more lines. */
  wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve()
  }

  /** The source is exhausted; once the rest is read, readers are done, or get the error. */
  end(outcome: { error?: unknown } = {}): void {
    this.#ended ??= outcome
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.wake()
  }

  /** Ends the subscription at once: what was not read is dropped, readers get the error. */
  fail(error: unknown): void {
    this.#stop({ error })
  }

  batches(): AsyncIterable<readonly BusEvent[]> {
    return this.#iterable(async () => {
      if (!(await this.#fill())) return undefined
      const events = this.#nextEvent === 0 ? this.#events : this.#events.slice(this.#nextEvent)
      this.#nextEvent = this.#events.length
      return events
    })
  }

  lines(): AsyncIterable<LineBatch> {
    return this.#iterable(async () => {
      for (;;) {
        if (this.#isStopped()) return undefined
        const taken = this.#source.takeLines()
        if (taken) return taken
        if (!(await this.#wait())) return undefined
      }
    })
  }

  [Symbol.asyncIterator](): AsyncIterator<BusEvent> {
    const slow = async (): Promise<IteratorResult<BusEvent>> => {
      // A loop, because another call may have taken the event while this one waited.
      while (await this.#fill()) {
        const event = this.#events[this.#nextEvent]
        if (event === undefined) continue
        this.#nextEvent += 1
        return { done: false, value: event }
      }
      return { done: true, value: undefined }
    }
    return {
      next: () => {
        // Most events come from a batch that is parsed already: no waiting, no state machine.
        const event = this.#stopped === undefined ? this.#events[this.#nextEvent] : undefined
        if (event === undefined) return slow()
        this.#nextEvent += 1
        return Promise.resolve({ done: false, value: event })
      },
      return: async () => {
        await this.close()
        return { done: true, value: undefined }
      }
    }
  }

  async close(): Promise<void> {
    this.#stop({})
    await this.#source.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #stop(outcome: { error?: unknown }): void {
    if (this.#stopped !== undefined) return
    this.#stopped = outcome
    this.#events = []
    this.#signal?.removeEventListener('abort', this.#onAbort)
    void this.#source.close(outcome.error)
    this.wake()
  }

  /** @throws what the subscription was stopped with */
  #isStopped(): boolean {
    if (this.#stopped === undefined) return false
    if ('error' in this.#stopped) throw this.#stopped.error
    return true
  }

  /** Waits until there is an unread event; false when there will be none. */
  async #fill(): Promise<boolean> {
    for (;;) {
      if (this.#isStopped()) return false
      if (this.#nextEvent < this.#events.length) return true
      if (!this.#takeMore() && !(await this.#wait())) return false
    }
  }

  #takeMore(): boolean {
    const events = this.#source.takeEvents()
    if (events === undefined) return false
    this.#events = events
    this.#nextEvent = 0
    return true
  }

  async #wait(): Promise<boolean> {
    if (this.#ended !== undefined) {
      void this.#source.close()
      if ('error' in this.#ended) throw this.#ended.error
      return false
    }
    if (this.#waiter === undefined) {
      let resolve = (): void => {}
      const promise = new Promise<void>(done => {
        resolve = done
      })
      this.#waiter = { promise, resolve }
    }
    await this.#waiter.promise
    return true
  }

  #iterable<T>(next: () => Promise<T | undefined>): AsyncIterable<T> {
    const iterator: AsyncIterator<T> = {
      next: async () => {
        const value = await next()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
      return: async () => {
        await this.close()
        return { done: true, value: undefined }
      }
    }
    return { [Symbol.asyncIterator]: () => iterator }
  }
}
