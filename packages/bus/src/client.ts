import { checkLine, checkReplay, checkSince, checkSizes } from './broker.js'
import type { BackoffOptions } from './client/backoff.js'
import { backoffOf, checkMs, connectFirst } from './client/connect-options.js'
import type { Connection, OpenConnection } from './client/connection.js'
import { Inbox, type InboxOptions } from './client/inbox.js'
import { Link, type LinkSettings } from './client/link.js'
import { Outbox } from './client/outbox.js'
import { type BusStatus, createStatusFeed } from './client/status.js'
import { BusError } from './errors.js'
import type { Publisher, SubscribeOptions, Subscription } from './event.js'
import type { FilterCompiler } from './filter.js'
import { checkLoss, formatGap, type UpstreamLoss } from './gap.js'
import { readerOptions } from './in-process-subscription.js'
import { LineSubscription } from './line-subscription.js'
import { openNewlineJson } from './newline-json/client-connection.js'
import {
  checkTopic,
  formatLine,
  MAX_LINE_BYTES,
  type SubscribeRequest,
  stringifyValue
} from './newline-json/line-format.js'
import { CONTROL_PREFIX, checkPatterns, GAP_TOPIC, literalPrefix, reducePrefixes } from './topic-pattern.js'

/** Which bus, and how patiently. */
export interface ConnectBusOptions {
  /** The unix socket of the bus. */
  path: string
  /** Aborts connecting; later, closes the client at once: whoever is reading gets `signal.reason`. */
  signal?: AbortSignal
  /** Come back when the bus goes away, default `true`: with the default delays, or with these. */
  reconnect?: boolean | BackoffOptions
  /** Keep trying until the bus answers for the first time, default `false`: fail at once when it does not. */
  wait?: boolean
  /** Milliseconds one attempt to connect may take, default 5,000. */
  timeoutMs?: number
  /** Bytes of published events held while the bus is away or slow, default 16 MiB. Beyond it the oldest are dropped. */
  publishQueueBytes?: number
  /** Milliseconds `close()` gives the bus to take what was published before it, default 1,000. */
  drainMs?: number
  /** Compiles the filters of subscriptions for a bus that cannot filter itself, such as SPR's; without it they end there with `BUS_REFUSED`. */
  compileFilter?: FilterCompiler
}

/** How a client subscribes. */
export interface ClientSubscribeOptions extends SubscribeOptions {
  /** Bytes of received events held for a reader that is behind, default 16 MiB. Beyond it the oldest are dropped. */
  queueBytes?: number
  /**
   * After a lost connection, go on where it ended as far as the bus still holds events, and count what is missing; default
   * `true`. With `false` and no other wish beyond the prefix, the subscription is exactly sprbus-json's.
   */
  resume?: boolean
}

/** What a client has done so far. */
export interface BusClientStats {
  /** Whether the connection for publishing stands. */
  readonly connected: boolean
  /** Events published and lost on this side: pushed out of the queue, or under way when a connection broke. */
  readonly dropped: number
  /** Bytes published that the kernel has not taken. */
  readonly queuedBytes: number
}

/** A connection to a bus. Publishing never waits; subscriptions have connections of their own, as the protocol wants it. */
export interface BusClient extends Publisher, AsyncDisposable {
  readonly path: string
  readonly stats: BusClientStats
  /**
   * The events whose topic begins with the prefix, or one of them; `''` means every topic. Order holds within a prefix.
   * @throws TypeError, RangeError, BusError `BUS_CLOSED`, `signal.reason` when it is aborted already
   */
  subscribe(prefix: string | readonly string[], options?: ClientSubscribeOptions): Subscription
  /** Connections made and lost, events dropped, lines refused, from now on; ends when the client is closed. */
  status(): AsyncIterable<BusStatus>
  /**
   * Resolves when the kernel has everything published so far; waits for a bus that is away.
   * @throws BusError `BUS_CLOSED` when the client is closed, or the bus is gone and `reconnect` is off; `signal.reason`
   */
  drain(options?: { signal?: AbortSignal }): Promise<void>
  /**
   * Resolves when at least half of the queue for publishing is free, at once when it is: a publisher that waits for it before
   * each batch never loses anything to a slow bus.
   * @throws BusError `BUS_CLOSED` as {@link drain}; `signal.reason`
   */
  waitForRoom(options?: { signal?: AbortSignal }): Promise<void>
  /** Gives the bus what was published, for a while, then ends everything; what was received may still be read. Safe to call twice. */
  close(): Promise<void>
}

const DEFAULT_PUBLISH_QUEUE_BYTES = 16 * 1024 * 1024
const DEFAULT_SUBSCRIBE_QUEUE_BYTES = 16 * 1024 * 1024

/**
 * Connects to a bus: ours, or SPR's sprbus-json.
 * @throws TypeError, RangeError; BusError `BUS_CONNECT`; `signal.reason`
 */
export function connectBus(options: ConnectBusOptions): Promise<BusClient> {
  return connectDialect(options, openNewlineJson)
}

/** @internal {@link connectBus} in any dialect. */
export async function connectDialect(options: ConnectBusOptions, open: OpenConnection): Promise<BusClient> {
  const { path, signal, reconnect = true, wait = false, timeoutMs = 5000, drainMs = 1000 } = options
  const { publishQueueBytes = DEFAULT_PUBLISH_QUEUE_BYTES, compileFilter } = options
  if (typeof path !== 'string' || path === '') throw new TypeError('path: expected the path of a unix socket')
  checkMs('timeoutMs', timeoutMs, 1)
  checkMs('drainMs', drainMs, 0)
  checkSizes('publishQueueBytes', publishQueueBytes, MAX_LINE_BYTES)
  signal?.throwIfAborted()
  const backoff = backoffOf(reconnect)
  const retry = wait ? (backoff ?? backoffOf(true)) : undefined
  const connection = await connectFirst(() => open({ path, timeoutMs }, signal), retry, signal)
  const settings: LinkSettings = { path, timeoutMs, backoff, feed: createStatusFeed(), open }
  return new SocketBusClient(settings, connection, { publishQueueBytes, drainMs, signal, compileFilter })
}

interface ClientSettings {
  publishQueueBytes: number
  drainMs: number
  signal: AbortSignal | undefined
  compileFilter: FilterCompiler | undefined
}

class SocketBusClient implements BusClient {
  readonly path: string
  readonly #settings: LinkSettings
  readonly #drainMs: number
  readonly #compileFilter: FilterCompiler | undefined
  readonly #outbox: Outbox
  readonly #link: Link
  readonly #subscriptions = new Map<LineSubscription, Inbox>()
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.#abort()
  #closing: Promise<void> | undefined

  constructor(settings: LinkSettings, connection: Connection, options: ClientSettings) {
    const { publishQueueBytes, drainMs, signal, compileFilter } = options
    this.path = settings.path
    this.#settings = settings
    this.#drainMs = drainMs
    this.#compileFilter = compileFilter
    this.#signal = signal
    this.#outbox = new Outbox(publishQueueBytes, MAX_LINE_BYTES, settings.feed)
    this.#link = new Link(settings, this.#outbox)
    this.#link.start(connection)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get stats(): BusClientStats {
    const { dropped, queuedBytes } = this.#outbox
    return { connected: this.#link.connected, dropped, queuedBytes }
  }

  publish(topic: string, value: unknown): void {
    this.publishText(topic, stringifyValue(value))
  }

  publishText(topic: string, text: string): void {
    checkTopic(topic)
    this.#checkOpen()
    this.#outbox.append(Buffer.from(formatLine(topic, text)), topic)
  }

  publishLine(line: Uint8Array, topic: string): void {
    checkLine(line)
    this.#checkOpen()
    this.#outbox.append(line, topic)
  }

  reportLoss(loss: UpstreamLoss): void {
    checkLoss(loss)
    this.#checkOpen()
    this.#outbox.append(formatGap({ from: null, to: null, ...loss }), GAP_TOPIC)
  }

  subscribe(prefix: string | readonly string[], options: ClientSubscribeOptions = {}): Subscription {
    const { signal, queueBytes = DEFAULT_SUBSCRIBE_QUEUE_BYTES } = options
    signal?.throwIfAborted()
    if (!Number.isSafeInteger(queueBytes) || queueBytes < 1) {
      throw new RangeError(`queueBytes: expected a positive integer, got ${queueBytes}`)
    }
    const inboxOptions = { ...inboxOptionsOf(prefix, options), queueBytes, compileFilter: this.#compileFilter }
    this.#checkOpen()
    const inbox = new Inbox(this.#settings, inboxOptions, {
      readable: () => subscription.wake(),
      over: error => subscription.end({ error }),
      closed: () => this.#subscriptions.delete(subscription)
    })
    const subscription = new LineSubscription(inbox, options)
    this.#subscriptions.set(subscription, inbox)
    return subscription
  }

  status(): AsyncIterable<BusStatus> {
    return this.#settings.feed.listen()
  }

  async drain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkOpen()
    await this.#outbox.flush(signal)
  }

  async waitForRoom({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkOpen()
    await this.#outbox.waitForRoom(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    if (this.#link.connected) {
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise<void>(resolve => {
        timer = setTimeout(resolve, this.#drainMs)
      })
      await Promise.race([this.#outbox.flush().catch(() => undefined), deadline])
      clearTimeout(timer)
    }
    const closing = [...this.#subscriptions].map(([subscription, inbox]) => {
      subscription.end()
      return inbox.disconnect()
    })
    await this.#end(closing)
  }

  #abort(): void {
    const reason: unknown = this.#signal?.reason
    const closing = [...this.#subscriptions].map(([subscription, inbox]) => {
      subscription.fail(reason)
      return inbox.close(reason)
    })
    this.#closing = this.#end(closing)
  }

  async #end(closing: readonly Promise<void>[]): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    await Promise.all([this.#link.close(), ...closing])
    const message = `The client of ${this.path} was closed before the bus had everything that was published.`
    this.#outbox.end(new BusError('BUS_CLOSED', message, { path: this.path }))
    this.#settings.feed.emit({ type: 'closed' })
  }

  #checkOpen(): void {
    if (this.#closing) {
      throw new BusError('BUS_CLOSED', `The client of ${this.path} is closed; connect again.`, { path: this.path })
    }
  }
}

/** @throws TypeError, RangeError */
function inboxOptionsOf(
  prefix: string | readonly string[],
  options: ClientSubscribeOptions
): Omit<InboxOptions, 'queueBytes' | 'compileFilter'> {
  const { resume = true, seq = false, gaps = false } = options
  const patterns = checkPatterns(options.match)
  checkReplay(options.replay)
  checkSince(options.since)
  const wishes = readerOptions(options)
  // Numbers are what one resumes by, and gap notices tell what the bus did not have any more.
  const isNumbered = resume || seq || Object.keys(wishes).some(key => key !== 'name')
  const requests = reducePrefixes(prefix).map(
    (one): SubscribeRequest => ({
      // An old bus knows only this; so it sends no more than it must.
      prefix: one === '' ? commonPrefix(patterns.map(literalPrefix)) : one,
      ...wishes,
      ...(isNumbered && { seq: true }),
      ...(isNumbered && !namesControl(one) && { gaps: true })
    })
  )
  return { requests, seq, gaps, resume }
}

function namesControl(prefix: string): boolean {
  return prefix.startsWith(CONTROL_PREFIX)
}

function commonPrefix(texts: readonly string[]): string {
  let [common = ''] = texts
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1)
  return common
}
