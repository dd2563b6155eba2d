import { setImmediate } from 'node:timers/promises'

/** Milliseconds of work before others have their turn. */
const TURN_MS = 5

/** Lets the event loop come round now and then in a loop that has its next item at hand every time. */
export class Turns {
  #startMs = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#startMs >= TURN_MS
  }

  async next(): Promise<void> {
    await setImmediate()
    this.#startMs = performance.now()
  }
}
