import { type BusClient, BusError, type BusEvent, type FilterCompiler, type Subscription } from '@packet-logs/bus'
import { openBus } from '../commands/open-bus.js'
import type { Io } from '../io.js'
import { createExclusion, type EventStream, isNotice, type StreamState } from './event-stream.js'
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
    return new BusStream(bus, options.exclude, await subscribe(bus, options, context))
  } catch (error) {
    await bus.close()
    throw error
  }
}

/** A subscription, and what is left to be done here. */
interface Wanted {
  subscription: Subscription
  matches?: (event: Readonly<BusEvent>) => boolean
}

/** An old bus's events the client filters by itself; a bus of today may have no filter language, and says so at once. */
async function subscribe(bus: BusClient, options: SubscribeOptions, context: BusStreamContext): Promise<Wanted> {
  const { prefixes, match, replay, filter } = options
  const wishes = {
    name: `subscribe:${process.pid}`,
    gaps: context.gaps,
    ...(match.length > 0 && { match }),
    ...(replay !== undefined && { replay })
  }
  const prefix = prefixes.length > 0 ? prefixes : ''
  const matches = filter === undefined ? undefined : context.compileFilter?.(filter)
  if (filter === undefined || !matches) return { subscription: bus.subscribe(prefix, wishes) }
  const subscription = bus.subscribe(prefix, { ...wishes, filter })
  try {
    await subscription.ready
    return { subscription }
  } catch (error) {
    // The filter was understood here, so it is not the filter that is wrong.
    if (!(error instanceof BusError) || error.code !== 'BUS_REFUSED') throw error
    await subscription.close()
    return { subscription: bus.subscribe(prefix, wishes), matches }
  }
}

class BusStream implements EventStream {
  readonly name: string
  readonly ready: Promise<void>
  readonly #bus: BusClient
  readonly #exclude: readonly string[]
  readonly #wanted: Wanted

  constructor(bus: BusClient, exclude: readonly string[], wanted: Wanted) {
    this.name = bus.path
    this.ready = wanted.subscription.ready
    this.#bus = bus
    this.#exclude = exclude
    this.#wanted = wanted
  }

  get lost(): number {
    return this.#wanted.subscription.dropped
  }

  async *batches(): AsyncGenerator<readonly BusEvent[]> {
    const { subscription, matches } = this.#wanted
    const exclude = createExclusion(this.#exclude)
    for await (const batch of subscription.batches()) {
      const events = exclude(matches ? batch.filter(event => isNotice(event) || matches(event)) : batch)
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
    await this.#wanted.subscription.close()
    await this.#bus.close()
  }
}
