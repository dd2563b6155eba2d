import { type BusClient, type BusEvent, type BusPosition, parseGap, type Subscription } from '@packet-logs/bus'
import { compileFilter } from '@packet-logs/rules'
import { askPosition } from '../bus-position.js'
import { Turns } from '../turns.js'
import { createEventFormatter, formatFrame, type SubscribeCommand } from './events-frames.js'
import type { Outlet, OutletCounters } from './outlet.js'

const GAP_TOPIC = 'bus:gap'
/** How long a bus may take to say where it is; one of SPR's never does. */
const POSITION_MS = 1000

/** What a subscription needs of its session. */
export interface SubscriptionHost {
  readonly outlet: Outlet
  readonly counters: OutletCounters
  readonly signal: AbortSignal
}

/**
 * A subscription of a client. It reads from the bus only as fast as the client does from us, so that what a slow client
 * loses is lost, counted and told of by the bus like every other reader's.
 */
export class EventsSubscription {
  /** Where it begins, when the client wanted numbers and the bus has them. */
  readonly position: BusPosition | undefined
  readonly #bus: BusClient
  readonly #command: SubscribeCommand
  readonly #host: SubscriptionHost
  readonly #subscription: Subscription
  readonly #stop: AbortController
  #epoch: number | undefined
  #running: Promise<void> | undefined

  /** @throws RuleError, TypeError, RangeError, BusError: what cannot be */
  static async open(bus: BusClient, command: SubscribeCommand, host: SubscriptionHost): Promise<EventsSubscription> {
    const { prefix, match, filter, replay, since, seq } = command
    // Said here, it is said before anything is asked of a bus that may be far away or not know filters.
    if (filter !== undefined) compileFilter(filter)
    const position = seq ? await askPosition(bus, { timeoutMs: POSITION_MS, signal: host.signal }) : undefined
    host.signal.throwIfAborted()
    // From the place that is told to the client on, so that nothing falls between the answer and the subscription.
    const begin = since ?? (replay === undefined ? position : undefined)
    const stop = new AbortController()
    const subscription = bus.subscribe(prefix, {
      seq,
      gaps: true,
      name: 'gateway',
      signal: AbortSignal.any([stop.signal, host.signal]),
      ...(match !== undefined && { match }),
      ...(filter !== undefined && { filter }),
      ...(replay !== undefined && { replay }),
      ...(begin !== undefined && { since: begin })
    })
    return new EventsSubscription(bus, command, host, subscription, stop, position)
  }

  private constructor(
    bus: BusClient,
    command: SubscribeCommand,
    host: SubscriptionHost,
    subscription: Subscription,
    stop: AbortController,
    position: BusPosition | undefined
  ) {
    this.#bus = bus
    this.#command = command
    this.#host = host
    this.#subscription = subscription
    this.#stop = stop
    this.#epoch = position?.epoch
    const { since } = command
    this.position = since !== undefined && since.epoch === position?.epoch ? since : position
  }

  /** Sends events until the subscription is closed or the bus is; first tells when the bus has it. */
  run(onReady: () => void): Promise<void> {
    this.#running = this.#send(onReady)
    return this.#running
  }

  /** Nothing is sent after that. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running?.catch(() => undefined)
  }

  async #send(onReady: () => void): Promise<void> {
    const { outlet } = this.#host
    const format = createEventFormatter(this.#command.id)
    const turns = new Turns()
    let dropped = 0
    try {
      await this.#subscription.ready
      onReady()
      for await (const events of this.#subscription.batches()) {
        for (const event of events) {
          if (event.seq !== undefined && this.#epoch === undefined) await this.#findEpoch()
          const frame = event.topic === GAP_TOPIC ? this.#gapFrame(event) : format(event, this.#epoch)
          if (!outlet.hasRoom) await outlet.room()
          if (this.#stop.signal.aborted) return
          if (frame !== undefined) outlet.offer(frame)
          if (turns.isOver) await turns.next()
        }
        const { dropped: sofar } = this.#subscription
        this.#host.counters.dropped += sofar - dropped
        dropped = sofar
      }
    } catch (error) {
      if (!this.#stop.signal.aborted && !this.#host.signal.aborted) throw error
    } finally {
      this.#host.counters.dropped += this.#subscription.dropped - dropped
    }
  }

  #gapFrame({ value }: BusEvent): Buffer | undefined {
    const gap = parseGap(value)
    if (gap === undefined) return undefined
    // Of unknown size: the bus may have begun another life.
    if (gap.lost === null && gap.where === 'reader') this.#epoch = undefined
    return this.#command.gaps ? formatFrame({ type: 'gap', id: this.#command.id, ...gap }) : undefined
  }

  async #findEpoch(): Promise<void> {
    const position = await askPosition(this.#bus, { timeoutMs: POSITION_MS, signal: this.#host.signal })
    this.#epoch = position?.epoch
  }
}
