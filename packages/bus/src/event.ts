import type { UpstreamLoss } from './gap.js'
import type { BusPosition, SlowReaderPolicy } from './reader.js'

/** What travels on the bus. */
export interface BusEvent {
  /** Colon path, `nft:drop:input`. */
  topic: string
  /** The text as published, usually JSON. */
  value: string
  /** Its number in the bus's sequence, for subscriptions with `seq`; gap notices of a reader have none. */
  seq?: number
}

/** Whole lines, each ended by a newline. */
export interface LineBatch {
  /** One or more lines back to back; the receiver owns the memory. */
  readonly bytes: Uint8Array
  /** How many lines. */
  readonly count: number
}

/** Publishes events; never waits for a reader. Implemented by a broker and by a connected client. */
export interface Publisher {
  /**
   * Publishes `JSON.stringify(value)`.
   * @throws TypeError when the value has no JSON form; BusError `BUS_FRAME_TOO_LARGE`, `BUS_CLOSED`
   */
  publish(topic: string, value: unknown): void
  /**
   * Publishes the text as it is.
   * @throws BusError `BUS_FRAME_TOO_LARGE`, `BUS_CLOSED`
   */
  publishText(topic: string, text: string): void
  /**
   * Publishes a finished line `{"topic":…,"value":"…"}` with its newline. It is copied before return, so the buffer may be
   * reused, and it is trusted: `topic` must be what the line says, and no other newline may be in it.
   * @throws TypeError when the line does not end in a newline; BusError `BUS_FRAME_TOO_LARGE`, `BUS_CLOSED`
   */
  publishLine(line: Uint8Array, topic: string): void
  /**
   * Tells every reader that asked for gaps, whatever its prefix, of events that were lost on their way to the bus.
   * @throws TypeError, RangeError; BusError `BUS_CLOSED`
   */
  reportLoss(loss: UpstreamLoss): void
}

/** How to subscribe. */
export interface SubscribeOptions {
  /** Ends the subscription: whoever is reading gets `signal.reason`. */
  signal?: AbortSignal
  /** Only topics that match one of these token wildcards, too: `nft:*:in`, `nft:>`. */
  match?: string | readonly string[]
  /** Only events that pass this filter, in the language of the bus's `compileFilter`. */
  filter?: string
  /** Begin with the last that many wanted events the bus still holds. */
  replay?: number
  /** Begin after this place, as far as the bus still holds events. */
  since?: BusPosition
  /** Give each event its number. */
  seq?: boolean
  /** Say in the stream, by events on the topic `bus:gap`, what is missing; `parseGap` reads their value. */
  gaps?: boolean
  /** What happens when this reader is too slow: it loses its oldest events, counted, or the subscription ends with `BUS_SLOW_CONSUMER`. Default `drop-oldest`. */
  policy?: SlowReaderPolicy
  /** Who reads, for the bus's statistics. */
  name?: string
}

/**
 * The events of one or more topic prefixes, each once and in order. The three ways to read share one position: an event goes
 * to whichever asks first. Leaving a `for await` loop closes the subscription.
 */
export interface Subscription extends AsyncIterable<BusEvent>, AsyncDisposable {
  /** Resolves when events published from now on will be seen; a client's subscription first has to reach the bus. */
  readonly ready: Promise<void>
  /** Events that came too fast for this reader and were lost, oldest first; at most that many when there is a filter. */
  readonly dropped: number
  /** Lines that were no event and were left out. */
  readonly malformed: number
  /** As many events at a time as are there: less work per event than one by one. */
  batches(): AsyncIterable<readonly BusEvent[]>
  /** The lines as bytes, nothing parsed: the cheapest way, for counting and passing on. */
  lines(): AsyncIterable<LineBatch>
  /** Ends the subscription; what was not read yet is dropped. Safe to call twice. */
  close(): Promise<void>
}
