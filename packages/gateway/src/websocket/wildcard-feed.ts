import type { BusClient, BusEvent } from '@packet-logs/bus'
import { Turns } from '../turns.js'

/** Who gets what the feed reads. */
export interface WildcardListener {
  event(event: BusEvent): void
  /** The bus let go of events before they were read. */
  dropped(count: number): void
  /** The bus is closed: nothing more will come. */
  over(): void
}

/** Everything on the bus, subscribed while somebody listens. */
export class WildcardFeed {
  readonly #bus: BusClient
  readonly #listener: WildcardListener
  #running: AbortController | undefined

  constructor(bus: BusClient, listener: WildcardListener) {
    this.#bus = bus
    this.#listener = listener
  }

  start(): void {
    if (this.#running) return
    this.#running = new AbortController()
    void this.#run(this.#running.signal)
  }

  stop(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      const subscription = this.#bus.subscribe('', { signal, name: 'gateway' })
      const turns = new Turns()
      let dropped = 0
      for await (const events of subscription.batches()) {
        if (subscription.dropped > dropped) this.#listener.dropped(subscription.dropped - dropped)
        dropped = subscription.dropped
        for (const event of events) {
          this.#listener.event(event)
          if (!turns.isOver) continue
          await turns.next()
          if (signal.aborted) return
        }
      }
    } catch {
      // Stopped, or the bus is closed, which is no failure of ours: both end here.
    }
    if (signal.aborted) return
    this.#running = undefined
    this.#listener.over()
  }
}
