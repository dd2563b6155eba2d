import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { Config } from '../config/config.js'
import type { Loss } from '../loss-report.js'
import type { OutputConfig } from './output-config.js'

/** What {@link openOutputs} is given beside the configuration. */
export interface OutputsOptions {
  /** Ends the waiting for whoever is away: what is queued then gets its last chance when the outputs are disposed of. */
  readonly signal: AbortSignal
  /** Called with a sentence for the operator, seldom: when an output stops working, and when it works again. */
  readonly log: (text: string) => void
  /** What events hold in format `spr`, `eve` and `summary`. Default: as the configuration's defaults. */
  readonly events?: Config['events']
}

/** What an output has done since it was opened. */
export interface OutputStats {
  readonly name: string
  readonly to: OutputConfig['to']
  readonly format: OutputConfig['format']
  /** Whether it can be written, as far as is known; of a FIFO, whether somebody reads. */
  readonly isOpen: boolean
  /** Events whose topic it takes. */
  readonly seen: number
  /** Of them those that passed its filter; all of them without one. */
  readonly matched: number
  /** Events handed to the kernel, once for each reader of a FIFO. */
  readonly written: number
  readonly writtenBytes: number
  /** Events lost because nobody took them fast enough, or at all before the end. */
  readonly dropped: number
  /** Events that the format or a datagram cannot hold. */
  readonly skipped: number
  /** Matching events that came while nobody read a FIFO. */
  readonly unread: number
  readonly queuedBytes: number
  /** Times that writing or opening failed and was tried again later. */
  readonly failures: number
  /** Times that it was opened again after it had been open before. */
  readonly reconnects: number
  /** What went wrong last. */
  readonly lastError?: string
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

/** Opens all outputs. One that cannot be opened is tried again until it can; none keeps the daemon from starting. */
export async function openOutputs(configs: readonly OutputConfig[], options: OutputsOptions): Promise<Outputs> {
  throw new Error(`${configs.length} outputs: not yet, ${String(options.signal.aborted)}`)
}
