import type { Broker } from './broker.js'
import { type BusStatus, type BusStatusFeed, createStatusFeed } from './client/status.js'
import type { BusClient, BusClientStats, ClientSubscribeOptions } from './client.js'
import { BusError } from './errors.js'
import type { Subscription } from './event.js'
import type { UpstreamLoss } from './gap.js'
import { subscribeInProcess } from './in-process-subscription.js'
import type { LineSubscription } from './line-subscription.js'
import type { Reader } from './reader.js'

/** What there is in place of a path. */
const IN_PROCESS = '(in process)'

/**
 * A client of a broker in the same process, without the socket in between: what takes a `BusClient` works with either.
 * Queues and delays of `connectBus` have no meaning here; closing it ends its own subscriptions and nothing else.
 */
export function createBusClient(broker: Broker): BusClient {
  return new InProcessBusClient(broker)
}

class InProcessBusClient implements BusClient {
  readonly path = IN_PROCESS
  readonly #broker: Broker
  readonly #feed: BusStatusFeed = createStatusFeed()
  readonly #subscriptions = new Map<LineSubscription, Reader>()
  #closed = false

  constructor(broker: Broker) {
    this.#broker = broker
  }

  get stats(): BusClientStats {
    return { connected: !this.#closed, dropped: 0, queuedBytes: 0 }
  }

  publish(topic: string, value: unknown): void {
    this.#checkOpen()
    this.#broker.publish(topic, value)
  }

  publishText(topic: string, text: string): void {
    this.#checkOpen()
    this.#broker.publishText(topic, text)
  }

  publishLine(line: Uint8Array, topic: string): void {
    this.#checkOpen()
    this.#broker.publishLine(line, topic)
  }

  reportLoss(loss: UpstreamLoss): void {
    this.#checkOpen()
    this.#broker.reportLoss(loss)
  }

  subscribe(prefix: string | readonly string[], options: ClientSubscribeOptions = {}): Subscription {
    options.signal?.throwIfAborted()
    this.#checkOpen()
    const { subscription, reader } = subscribeInProcess(this.#broker, prefix, options, () =>
      this.#subscriptions.delete(subscription)
    )
    this.#subscriptions.set(subscription, reader)
    return subscription
  }

  status(): AsyncIterable<BusStatus> {
    return this.#feed.listen()
  }

  async drain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#checkOpen()
  }

  waitForRoom(options?: { signal?: AbortSignal }): Promise<void> {
    return this.drain(options)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const [subscription, reader] of this.#subscriptions) {
      reader.finish()
      subscription.end()
      // Who has read everything need not come back for it.
      if (reader.lag === 0) reader.close()
    }
    this.#feed.emit({ type: 'closed' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw new BusError('BUS_CLOSED', 'The client is closed; create another.')
  }
}
