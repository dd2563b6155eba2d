/** What a feed needs to know about the statuses it hands out. */
export interface StatusFeedOptions<Status> {
  /** After this one nothing follows. */
  isLast: (status: Status) => boolean
  /** Two neighbours as one, if they can be. */
  merge?: (last: Status, next: Status) => Status | undefined
}

/** Statuses one reader may leave unread; beyond that its oldest go. */
const MAX_UNREAD = 256

/** Hands every status to everyone who is listening. */
export class StatusFeed<Status> {
  readonly #options: StatusFeedOptions<Status>
  readonly #listeners = new Set<StatusListener<Status>>()
  #last: Status | undefined

  constructor(options: StatusFeedOptions<Status>) {
    this.#options = options
  }

  emit(status: Status): void {
    if (this.#options.isLast(status)) this.#last = status
    for (const listener of this.#listeners) listener.push(status)
  }

  listen(): AsyncIterable<Status> {
    return {
      [Symbol.asyncIterator]: () => {
        const listener = new StatusListener(this.#options, () => this.#listeners.delete(listener))
        if (this.#last === undefined) this.#listeners.add(listener)
        else listener.push(this.#last)
        return listener
      }
    }
  }
}

class StatusListener<Status> implements AsyncIterator<Status> {
  readonly #options: StatusFeedOptions<Status>
  readonly #onReturn: () => void
  readonly #unread: Status[] = []
  readonly #waiting: ((result: IteratorResult<Status>) => void)[] = []
  #over = false

  constructor(options: StatusFeedOptions<Status>, onReturn: () => void) {
    this.#options = options
    this.#onReturn = onReturn
  }

  push(status: Status): void {
    const last = this.#unread.at(-1)
    const merged = last === undefined ? undefined : this.#options.merge?.(last, status)
    if (merged !== undefined) this.#unread[this.#unread.length - 1] = merged
    else this.#unread.push(status)
    if (this.#unread.length > MAX_UNREAD) this.#unread.shift()
    this.#settle()
  }

  next(): Promise<IteratorResult<Status>> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#settle()
    })
  }

  async return(): Promise<IteratorResult<Status>> {
    this.#over = true
    this.#unread.length = 0
    this.#onReturn()
    this.#settle()
    return { done: true, value: undefined }
  }

  #settle(): void {
    while (this.#waiting.length > 0) {
      const status = this.#over ? undefined : this.#unread.shift()
      if (status === undefined && !this.#over) return
      if (status !== undefined && this.#options.isLast(status)) {
        this.#over = true
        this.#onReturn()
      }
      this.#waiting.shift()?.(status === undefined ? { done: true, value: undefined } : { done: false, value: status })
    }
  }
}
