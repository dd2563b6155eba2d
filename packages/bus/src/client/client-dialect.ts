import type { Socket } from 'node:net'
import type { SubscribeRequest } from '../newline-json/line-format.js'
import type { LineSink } from '../newline-json/line-splitter.js'
import type { Reader } from '../reader.js'

/** Carries what a reader yields to the bus. */
export interface LineWriter {
  /** Lines read of which nobody knows whether the bus has them. */
  readonly inFlightLines: number
  /** Writes what there is; to be called when the reader may have more. */
  pump(): void
  /** Resolves when everything the reader had is with the bus, or the writer was closed. */
  flush(): Promise<void>
  /** Only after the socket was destroyed. */
  close(): void
}

/** What a writer tells. */
export interface LineWriterListener {
  /** Some more is with the bus. */
  onProgress(): void
  /** The bus did not take an event, and says why. */
  onRefused(reason: string): void
}

export interface ProbeOptions {
  path: string
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** How a client talks to its bus. */
export interface ClientDialect {
  /**
   * Looks whether the bus at the other end of a socket speaks this dialect at all. The socket is used for nothing else, and
   * destroyed.
   * @throws BusError `BUS_CONNECT`; `signal.reason`
   */
  probe?(socket: Socket, options: ProbeOptions): Promise<void>
  openWriter(socket: Socket, reader: Reader, listener: LineWriterListener): LineWriter
  /** Subscribes, and hands over what comes as lines of newline-JSON, the bus's own among them. */
  subscribe(socket: Socket, request: SubscribeRequest, sink: LineSink): void
}
