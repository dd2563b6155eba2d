import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { EventsConfig } from '../config/events.js'
import type { Loss } from '../loss-report.js'
import { createFormats } from './formats/create-formats.js'
import { openOutput } from './open-output.js'
import type { Output } from './output.js'
import type { OutputConfig } from './output-config.js'
import type { OutputStats } from './output-stats.js'

export type { OutputStats } from './output-stats.js'

/** What {@link openOutputs} is given beside the configuration. */
export interface OutputsOptions {
  /** Nothing is opened once it has aborted. */
  readonly signal?: AbortSignal
  /** Called with a sentence for the operator, seldom: when an output stops working, and when it works again. */
  readonly log: (text: string) => void
  /** What events hold in format `spr`, `eve` and `summary`. Default: as the configuration's defaults. */
  readonly events?: EventsConfig
}

/** The outputs of a daemon. Nothing here waits or throws: what an output cannot take is its own loss. */
export interface Outputs extends AsyncDisposable {
  /** Hands a packet to the outputs that want it. */
  packet(logged: LoggedPacket, packet: Packet, topic: string, context?: PacketContext): void
  /** Hands an event other than a packet, such as an alert, to the outputs that want it. */
  event(topic: string, value: string): void
  stats(): OutputStats[]
  /** What each output lost, for the reports to the operator. */
  readonly losses: readonly Loss[]
}

/** Topics remembered with who takes them; a firewall has a handful. */
const MAX_TOPICS = 1024

/**
 * Opens all outputs. One that cannot be opened is tried again until it can; none keeps the daemon from starting.
 * @throws RuleError for a filter that does not compile; the reason of `signal`
 */
export async function openOutputs(configs: readonly OutputConfig[], options: OutputsOptions): Promise<Outputs> {
  options.signal?.throwIfAborted()
  const createFormat = createFormats(options.events ?? { extended: true, payload: 'full' })
  return new OpenOutputs(configs.map(config => openOutput(config, createFormat(config), options.log)))
}

class OpenOutputs implements Outputs {
  readonly losses: readonly Loss[]
  readonly #outputs: readonly Output[]
  readonly #byTopic = new Map<string, readonly Output[]>()
  #packetNumber = 0

  constructor(outputs: readonly Output[]) {
    this.#outputs = outputs
    this.losses = outputs.map(output => ({
      count: () => output.dropped,
      describe: count => `${count} events lost at output ${output.name}`
    }))
  }

  packet(logged: LoggedPacket, packet: Packet, topic: string, context: PacketContext = {}): void {
    const outputs = this.#takers(topic)
    this.#packetNumber += 1
    for (const output of outputs) output.packet(this.#packetNumber, logged, packet, context)
  }

  event(topic: string, value: string): void {
    for (const output of this.#takers(topic)) output.event(topic, value)
  }

  stats(): OutputStats[] {
    return this.#outputs.map(output => output.stats())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#outputs.map(output => output.close()))
  }

  #takers(topic: string): readonly Output[] {
    let takers = this.#byTopic.get(topic)
    if (takers === undefined) {
      takers = this.#outputs.filter(output => output.takes(topic))
      if (this.#byTopic.size >= MAX_TOPICS) this.#byTopic.clear()
      this.#byTopic.set(topic, takers)
    }
    return takers
  }
}
