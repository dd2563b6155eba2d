import { type BusClient, BusError, type BusEvent, type FilterCompiler, type Subscription } from '@packet-logs/bus'
import { openBus } from '../commands/open-bus.js'
import type { Io } from '../io.js'
import { createExclusion, type EventStream, type StreamState } from './event-stream.js'
import type { SubscribeOptions } from './options.js'

export interface BusStreamContext {
  signal: AbortSignal
  compileFilter: FilterCompiler | undefined
  /** Have losses told in the stream. */
  gaps: boolean
}

/**
 * The events of a bus that were asked for.
 *
 * @throws Error, BusError when there is no bus; `signal.reason`
 */
export async function openBusStream(
  io: Io,
  options: SubscribeOptions,
  context: BusStreamContext
): Promise<EventStream> {
  const { signal, compileFilter } = context
  const { dialect, reconnect } = options
  const filtering = compileFilter && { compileFilter }
  const bus = await openBus(io, options.socket, { signal, dialect, reconnect, ...filtering })
  try {
    return new BusStream(bus, options, context)
  } catch (error) {
    await bus.close()
    throw error
  }
}

class BusStream implements EventStream {
  readonly name: string
  readonly ready: Promise<void>
  readonly #bus: BusClient
  readonly #options: SubscribeOptions
  readonly #context: BusStreamContext
  #subscription: Subscription

  constructor(bus: BusClient, options: SubscribeOptions, context: BusStreamContext) {
    this.name = bus.path
    this.#bus = bus
    this.#options = options
    this.#context = context
    this.#subscription = this.#subscribe(options.filter)
    this.ready = this.#subscription.ready
  }

  get lost(): number {
    return this.#subscription.dropped
  }

  async *batches(): AsyncGenerator<readonly BusEvent[]> {
    const exclude = createExclusion(this.#options.exclude)
    for await (const batch of this.#wanted()) {
      const events = exclude(batch)
      if (events.length > 0) yield events
    }
  }

  /** Every prefix has a connection of its own; what matters to the reader is whether all of them stand. */
  async *states(): AsyncGenerator<StreamState> {
    const away = new Set<string>()
    for await (const status of this.#bus.status()) {
      if (!('use' in status) || status.use !== 'subscribe') continue
      if (status.type === 'disconnected') {
        if (away.size === 0) yield 'away'
        away.add(status.prefix)
      } else if (status.type === 'connected' && away.delete(status.prefix) && away.size === 0) {
        yield 'connected'
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription.close()
    await this.#bus.close()
  }

  #subscribe(filter: string | undefined): Subscription {
    const { prefixes, match, replay } = this.#options
    return this.#bus.subscribe(prefixes.length > 0 ? prefixes : '', {
      name: `subscribe:${process.pid}`,
      gaps: this.#context.gaps,
      ...(match.length > 0 && { match }),
      ...(filter !== undefined && { filter }),
      ...(replay !== undefined && { replay })
    })
  }

  /** An old bus's events the client filters by itself; a bus of today may have no filter language, and says so at once. */
  async *#wanted(): AsyncGenerator<readonly BusEvent[]> {
    const { filter } = this.#options
    const matches = filter === undefined ? undefined : this.#context.compileFilter?.(filter)
    try {
      yield* this.#subscription.batches()
      return
    } catch (error) {
      // The filter was understood here, so it cannot be what is wrong.
      if (!matches || !(error instanceof BusError) || error.code !== 'BUS_REFUSED') throw error
    }
    this.#subscription = this.#subscribe(undefined)
    for await (const batch of this.#subscription.batches()) {
      yield batch.filter(event => event.topic.startsWith('bus:') || matches(event))
    }
  }
}
