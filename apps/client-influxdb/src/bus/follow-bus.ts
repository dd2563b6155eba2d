import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BusClient,
  BusError,
  type BusEvent,
  type BusPosition,
  type ConnectBusOptions,
  connectBus,
  findBusSocket,
  type Gap,
  parseGap
} from '@packet-logs/bus'
import { readEpoch } from './read-epoch.js'

/** Which bus, and how it is read. */
export interface FollowBusOptions {
  /** Its socket; by default the first usual one that answers. */
  socket: string | undefined
  /** `grpc` for SPR's first bus, else newline-JSON. */
  dialect: 'json' | 'grpc'
  /** Beginning of the topics to read. */
  prefix: string
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  listener: BusListener
}

/** Who gets the events. */
export interface BusListener {
  /** How far events were taken, where they are numbered: reading goes on there. */
  position(): BusPosition | undefined
  /** Whether events were taken before, so that a bus that cannot say what is missing means a gap. */
  hasHistory(): boolean
  /** Events, and how far they reach. The next ones come when this is done. */
  take(events: readonly NumberedEvent[], position: BusPosition | undefined): Promise<void>
  /** Something is missing in the stream. */
  gap(gap: Gap): Promise<void>
  /** The bus answers. Numbered: what is missed while it does not can be asked for. */
  connected(path: string, numbered: boolean): void
  /** It does not; said once until it does again. */
  disconnected(reason: string): void
}

/** An event with a number that is the same whenever the bus hands it out; of SPR's bus, which hands it out once, any number. */
export interface NumberedEvent {
  topic: string
  value: string
  seq: number
}

const GAP_TOPIC = 'bus:gap'
const MIN_DELAY_MS = 100
const MAX_DELAY_MS = 5000
/** A connection that lived this long was a good one. */
const GOOD_CONNECTION_MS = 5000

/** Reads a bus until the signal aborts, whatever comes first and however often it goes away. Rejects with what the listener throws only. */
export async function followBus(options: FollowBusOptions): Promise<void> {
  const follower = new Follower(options)
  let attempt = 0
  while (!options.signal.aborted) {
    const startedMs = performance.now()
    try {
      await follower.followOnce()
    } catch (error) {
      if (options.signal.aborted) return
      if (error instanceof ListenerFailure) throw error.cause
      options.listener.disconnected(error instanceof Error ? error.message : String(error))
    }
    attempt = performance.now() - startedMs >= GOOD_CONNECTION_MS ? 1 : attempt + 1
    const delayMs = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** Math.min(attempt - 1, 20)) * (0.5 + Math.random() / 2)
    await sleep(delayMs, undefined, { signal: options.signal }).catch(() => undefined)
  }
}

class ListenerFailure extends Error {}

class Follower {
  readonly #options: FollowBusOptions
  /** The last bus did not number its events: no time is lost asking the next one before it is read. */
  #isOld = false
  #hasRead: boolean
  #counter = 0

  constructor(options: FollowBusOptions) {
    this.#options = options
    this.#hasRead = options.listener.hasHistory()
  }

  /** One connection, from beginning to end. */
  async followOnce(): Promise<void> {
    const { signal, listener, prefix } = this.#options
    const path = await this.#find()
    const client = await this.#connect(path)
    try {
      // A subscription does not tell whose numbers these are. The same life before and after it means: this one's.
      const before = this.#isOld ? undefined : await readEpoch(client, signal)
      const since = listener.position()
      const subscription = client.subscribe(prefix, {
        seq: true,
        gaps: true,
        name: 'packet-logs-influxdb',
        signal,
        ...(since && { since })
      })
      await subscription.ready
      const epoch = await readEpoch(client, signal)
      if (before !== epoch) {
        this.#isOld = false
        throw new BusError('BUS_CLOSED', 'The bus was replaced while it was subscribed to; trying again.', { path })
      }
      this.#isOld = epoch === undefined
      listener.connected(path, epoch !== undefined)
      if (epoch === undefined && this.#hasRead) await this.#tell({ from: null, to: null, lost: null, where: 'reader' })
      this.#hasRead = true
      for await (const events of subscription.batches()) await this.#take(events, epoch)
    } finally {
      await client.close()
    }
  }

  async #find(): Promise<string> {
    const { socket, env } = this.#options
    const path = socket ?? (await findBusSocket({ env }))
    if (path === undefined)
      throw new BusError('BUS_CONNECT', 'No bus answers at any usual place; name its socket with --socket.')
    return path
  }

  async #connect(path: string): Promise<BusClient> {
    const options: ConnectBusOptions = { path, reconnect: false, signal: this.#options.signal }
    if (this.#options.dialect === 'json') return connectBus(options)
    // Only who asks for it loads it.
    const { connectGrpcBus } = await import('@packet-logs/bus/grpc')
    return connectGrpcBus(options)
  }

  async #take(events: readonly BusEvent[], epoch: number | undefined): Promise<void> {
    const { listener } = this.#options
    const numbered: NumberedEvent[] = []
    let position: BusPosition | undefined = epoch === undefined ? undefined : listener.position()
    for (const { topic, value, seq } of events) {
      if (epoch !== undefined && seq !== undefined) position = { epoch, seq }
      if (topic === GAP_TOPIC) {
        const gap = parseGap(value)
        if (gap) await this.#tell(gap)
        continue
      }
      this.#counter += 1
      numbered.push({ topic, value, seq: seq ?? this.#counter })
    }
    await listener.take(numbered, position).catch(fail)
  }

  async #tell(gap: Gap): Promise<void> {
    await this.#options.listener.gap(gap).catch(fail)
  }
}

function fail(cause: unknown): never {
  throw new ListenerFailure('', { cause })
}
