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
  /** Only after the connection ended. */
  close(): void
}

/** What a writer tells. */
export interface LineWriterListener {
  /** Some more is with the bus. */
  onProgress(): void
  /** The bus did not take an event, and says why. */
  onRefused(reason: string): void
}

/** A connection to a bus, in whatever dialect: for publishing, or for one subscription. */
export interface Connection {
  /** Resolves when it has ended, with what broke it if it did not just end. */
  readonly ended: Promise<{ error?: unknown }>
  /** Bytes written that the kernel has not taken. */
  readonly queuedBytes: number
  openWriter(reader: Reader, listener: LineWriterListener): LineWriter
  /** Subscribes, and hands over what comes as lines of newline-JSON, the bus's own among them. */
  subscribe(request: SubscribeRequest, sink: LineSink): void
  /** Ends it. What the kernel has of it still arrives. */
  close(): void
}

/** Where to connect, and how patiently. */
export interface ConnectionTarget {
  readonly path: string
  /** Milliseconds it may take. */
  readonly timeoutMs: number
}

/**
 * Connects in one dialect.
 * @throws BusError `BUS_CONNECT`; `signal.reason`
 */
export type OpenConnection = (target: ConnectionTarget, signal: AbortSignal | undefined) => Promise<Connection>
