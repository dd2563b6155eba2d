import type { Outlet, OutletCounters } from './outlet.js'

/** The clients of an endpoint whose frames are the same for all. */
export class Broadcast {
  readonly counters: OutletCounters = { sent: 0, dropped: 0 }
  readonly #outlets = new Set<Outlet>()

  get size(): number {
    return this.#outlets.size
  }

  add(outlet: Outlet): void {
    this.#outlets.add(outlet)
  }

  delete(outlet: Outlet): void {
    this.#outlets.delete(outlet)
  }

  send(frame: Buffer): void {
    for (const outlet of this.#outlets) outlet.offer(frame)
  }

  close(code: number, reason: string): void {
    for (const outlet of this.#outlets) outlet.close(code, reason)
  }
}
