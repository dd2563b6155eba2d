import type { BusError } from '../errors.js'

/** Which of a client's connections a status is about: the one it publishes on, or that of a subscribed prefix. */
export type BusConnection = { use: 'publish' } | { use: 'subscribe'; prefix: string }

/** What happens to a client, as it happens. */
export type BusStatus =
  /** A connection stands (again). */
  | ({ type: 'connected' } & BusConnection)
  /** A connection ended; `error` says why, unless the bus just closed it. */
  | ({ type: 'disconnected'; error?: unknown } & BusConnection)
  /** The next attempt to connect, the `attempt`th in a row, is in `delayMs`. */
  | ({ type: 'reconnecting'; attempt: number; delayMs: number; error: BusError } & BusConnection)
  /** Events were lost on this side: `count` since the last such status. */
  | ({ type: 'dropped'; count: number } & BusConnection)
  /** The bus refused a line, and says why. */
  | { type: 'refused'; reason: string }
  /** The client was closed; nothing follows. */
  | { type: 'closed' }

/** Statuses one reader may leave unread; beyond that its oldest go. */
const MAX_UNREAD = 256

/** Hands every status to everyone who is listening. */
export class StatusFeed {
  readonly #listeners = new Set<StatusListener>()

  emit(status: BusStatus): void {
    for (const listener of this.#listeners) listener.push(status)
  }

  listen(): AsyncIterable<BusStatus> {
    return {
      [Symbol.asyncIterator]: () => {
        const listener = new StatusListener(() => this.#listeners.delete(listener))
        this.#listeners.add(listener)
        return listener
      }
    }
  }
}

class StatusListener implements AsyncIterator<BusStatus> {
  readonly #onReturn: () => void
  readonly #unread: BusStatus[] = []
  readonly #waiting: ((result: IteratorResult<BusStatus>) => void)[] = []
  #over = false

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn
  }

  push(status: BusStatus): void {
    const last = this.#unread.at(-1)
    if (last?.type === 'dropped' && status.type === 'dropped' && sameConnection(last, status)) {
      this.#unread[this.#unread.length - 1] = { ...status, count: last.count + status.count }
    } else {
      this.#unread.push(status)
      if (this.#unread.length > MAX_UNREAD) this.#unread.shift()
    }
    this.#settle()
  }

  next(): Promise<IteratorResult<BusStatus>> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#settle()
    })
  }

  async return(): Promise<IteratorResult<BusStatus>> {
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
      if (status?.type === 'closed') {
        this.#over = true
        this.#onReturn()
      }
      this.#waiting.shift()?.(status === undefined ? { done: true, value: undefined } : { done: false, value: status })
    }
  }
}

function sameConnection(a: BusConnection, b: BusConnection): boolean {
  if (a.use === 'publish' || b.use === 'publish') return a.use === b.use
  return a.prefix === b.prefix
}
