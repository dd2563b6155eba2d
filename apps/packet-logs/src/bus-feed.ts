import type { BusClient, Subscription } from '@packet-logs/bus'
import type { FilterEvent } from '@packet-logs/rules'
import type { Loss } from './loss-report.js'
import { present } from './present.js'

/** Whoever wants events of the bus. */
export interface EventStation {
  /** Beginnings of the topics that it looks at; the empty text is every topic. They may change. */
  readonly topics: readonly string[]
  /** Called for each event with such a topic. Must not throw. */
  event(event: FilterEvent): void
}

/** Our own packets: whoever looks at those looks at the packets. */
const packetTopics = 'nft:'
/** Bytes of events that wait for a busy daemon, where the bus is somebody else's. */
const queueBytes = 4 * 1024 * 1024

/**
 * Brings events of the bus other than packets to stations. It is subscribed to no more than what they look at, which matters
 * where the bus is somebody else's: packets would come back over the socket that they were just published on.
 */
export class BusFeed implements AsyncDisposable {
  readonly #client: BusClient
  readonly #stations: EventStation[] = []
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #reading = new Set<Promise<void>>()
  readonly #log: (text: string) => void
  #droppedByClosed = 0
  #isClosed = false
  /** Events that came too fast. */
  readonly loss: Loss = {
    count: () => this.dropped,
    describe: count => `${count} events of the bus came too fast for the rules and were not looked at`
  }

  constructor(client: BusClient, log: (text: string) => void) {
    this.#client = client
    this.#log = log
  }

  /** Adds stations; {@link refresh} then subscribes to what they look at. */
  add(...stations: readonly EventStation[]): void {
    this.#stations.push(...stations)
  }

  /** Events that came too fast and were lost, oldest first. */
  get dropped(): number {
    let dropped = this.#droppedByClosed
    for (const subscription of this.#subscriptions.values()) dropped += subscription.dropped
    return dropped
  }

  /** Subscribes to what the stations look at now, and to nothing else any more; resolves when the bus has heard. */
  async refresh(): Promise<void> {
    if (this.#isClosed) return
    const wanted = withoutNested(this.#stations.flatMap(({ topics }) => topics))
    const gone = [...this.#subscriptions].filter(([prefix]) => !wanted.includes(prefix))
    const added = wanted.filter(prefix => !this.#subscriptions.has(prefix))
    const opened = present(added.map(prefix => this.#open(prefix)))
    for (const [prefix, subscription] of gone) {
      this.#subscriptions.delete(prefix)
      // Counted in one place or the other at any time: a count that falls would be told twice.
      const { dropped } = subscription
      this.#droppedByClosed += dropped
      await subscription.close()
      this.#droppedByClosed += subscription.dropped - dropped
    }
    // What is wrong with a subscription is told where it is read.
    await Promise.allSettled(opened.map(({ ready }) => ready))
  }

  #open(prefix: string): Subscription | undefined {
    const subscription = this.#subscribe(prefix)
    if (subscription === undefined) return undefined
    this.#subscriptions.set(prefix, subscription)
    const reading = this.#read(prefix, subscription).finally(() => this.#reading.delete(reading))
    this.#reading.add(reading)
    return subscription
  }

  #subscribe(prefix: string): Subscription | undefined {
    try {
      return this.#client.subscribe(prefix, {
        name: 'packet-logsd',
        queueBytes,
        // A longer prefix of packets, such as `nft:lan:`, is never asked for.
        ...(packetTopics.startsWith(prefix) && { filter: `!topic.startsWith("${packetTopics}")` })
      })
    } catch (error) {
      this.#complain(prefix, error)
      return undefined
    }
  }

  async #read(prefix: string, subscription: Subscription): Promise<void> {
    try {
      for await (const events of subscription.batches()) {
        for (const event of events) {
          for (const station of this.#stations) if (wants(station, event.topic)) station.event(event)
        }
      }
    } catch (error) {
      // A bus that comes back is subscribed to again by the client itself; this one does not want us.
      if (!this.#isClosed) this.#complain(prefix, error)
    }
  }

  #complain(prefix: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#log(`events with the topics ${prefix}… cannot be read from the bus: ${reason}`)
  }

  /** No station is told of any event any more. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(Array.from(this.#subscriptions.values(), subscription => subscription.close()))
    await Promise.all(this.#reading)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function wants({ topics }: EventStation, topic: string): boolean {
  return topics.some(prefix => topic.startsWith(prefix))
}

/** Prefixes that say everything: none begins with another, none is of packets. */
function withoutNested(prefixes: readonly string[]): string[] {
  const unique = [...new Set(prefixes)].filter(prefix => !prefix.startsWith(packetTopics))
  return unique.filter(prefix => !unique.some(other => other !== prefix && prefix.startsWith(other)))
}
