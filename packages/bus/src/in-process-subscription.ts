import type { Broker } from './broker.js'
import { BusError } from './errors.js'
import type { BusEvent, SubscribeOptions } from './event.js'
import { type EventSource, LineSubscription, type TakenLines } from './line-subscription.js'
import { SEQ_BYTES } from './log/line-run.js'
import type { Reader, ReaderOptions } from './reader.js'

/** How many bytes an in-process reader takes at a time. */
const READ_BYTES = 64 * 1024

/** A reader of the broker's log as a subscription takes from it. */
class ReaderSource implements EventSource {
  readonly ready: Promise<void> = Promise.resolve()
  readonly #reader: Reader
  readonly #withSeq: boolean
  #malformed = 0

  constructor(reader: Reader, withSeq: boolean) {
    this.#reader = reader
    this.#withSeq = withSeq
  }

  get dropped(): number {
    return this.#reader.dropped
  }

  get malformed(): number {
    return this.#malformed
  }

  takeEvents(): readonly BusEvent[] | undefined {
    for (;;) {
      const run = this.#reader.read(READ_BYTES)
      if (run === undefined) {
        this.#reader.wait()
        return undefined
      }
      const shared = run.events()
      this.#malformed += run.count - shared.length
      // Copies, because the log's own are shared by all readers and a user may change what is theirs.
      const withSeq = this.#withSeq
      const events = shared.map(({ topic, value, seq }) =>
        withSeq && seq > 0 ? { topic, value, seq } : { topic, value }
      )
      if (events.length > 0) return events
    }
  }

  takeLines(): TakenLines | undefined {
    const run = this.#reader.read(READ_BYTES)
    if (run === undefined) {
      this.#reader.wait()
      return undefined
    }
    if (!this.#withSeq) return { bytes: Buffer.from(run.bytes), count: run.count }
    const bytes = Buffer.allocUnsafe(run.length + run.count * SEQ_BYTES)
    return { bytes: bytes.subarray(0, run.copyNumberedTo(bytes, 0)), count: run.count }
  }

  async close(): Promise<void> {
    this.#reader.close()
  }
}

/** A subscription that reads the broker's log itself, without a socket in between. */
export function subscribeInProcess(
  broker: Pick<Broker, 'openReader'>,
  prefix: string | readonly string[],
  options: SubscribeOptions,
  onClose: () => void
): { subscription: LineSubscription; reader: Reader } {
  options.signal?.throwIfAborted()
  const reader = broker.openReader(
    { prefix, ...readerOptions(options), dialect: 'in process' },
    { onReadable: () => subscription.wake(), onOverrun: () => subscription.end({ error: tooSlow() }), onClose }
  )
  const subscription = new LineSubscription(new ReaderSource(reader, options.seq === true), options)
  return { subscription, reader }
}

/** What a reader with the policy `disconnect` is told. */
export function tooSlow(): BusError {
  return new BusError(
    'BUS_SLOW_CONSUMER',
    'This reader was too slow and events it wanted are gone; read faster, want less, or use the policy drop-oldest.'
  )
}

/** What of a subscription's options concerns its place in the log. */
export function readerOptions(options: SubscribeOptions): Omit<ReaderOptions, 'prefix'> {
  const { match, filter, replay, since, gaps, policy, name } = options
  return {
    ...(match !== undefined && { match }),
    ...(filter !== undefined && { filter }),
    ...(replay !== undefined && { replay }),
    ...(since !== undefined && { since }),
    ...(gaps !== undefined && { gaps }),
    ...(policy !== undefined && { policy }),
    ...(name !== undefined && { name })
  }
}
