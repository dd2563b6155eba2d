interface Waiter {
  resolve(): void
  reject(error: Error): void
}

/** Whoever waits for the same thing to happen. */
export class WaitList {
  #waiters = new Set<Waiter>()

  get isEmpty(): boolean {
    return this.#waiters.size === 0
  }

  /** @throws `signal.reason`, or what the list is rejected with */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = (): void => {
        this.#waiters.delete(waiter)
        reject(signal?.reason as Error)
      }
      const done = (settle: () => void): void => {
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const waiter: Waiter = {
        resolve: () => done(resolve),
        reject: error => done(() => reject(error))
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  resolve(): void {
    for (const waiter of this.#take()) waiter.resolve()
  }

  reject(error: unknown): void {
    for (const waiter of this.#take()) waiter.reject(error as Error)
  }

  #take(): Iterable<Waiter> {
    const waiters = this.#waiters
    this.#waiters = new Set()
    return waiters
  }
}
