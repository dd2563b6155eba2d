import type { Socket } from 'node:net'
import type { Broker } from './broker.js'
import type { Reader, ReaderListener, ReaderOptions } from './reader.js'

/** What connections count, for the server's statistics. */
export interface ConnectionCounters {
  received: number
  refused: number
  cutOff: number
  stalled: number
  disconnected: number
}

/** What a dialect is given to serve a connection with. */
export interface DialectHost {
  readonly broker: Broker
  /** Longest finished line in bytes, newline included. */
  readonly maxLineBytes: number
  /** Milliseconds a reader may take no byte while some wait for it. */
  readonly stallMs: number
  /** `received` is counted by {@link publishText}, the rest by the dialect. */
  readonly counters: ConnectionCounters
  /**
   * Publishes what a client sent.
   * @throws TypeError for a topic that clients may not use; BusError `BUS_FRAME_TOO_LARGE`, `BUS_CLOSED`
   */
  publishText(topic: string, text: string): void
  /**
   * A reader, within the server's limits.
   * @throws TypeError, RangeError; BusError `BUS_REFUSED`, `BUS_FULL`, `BUS_CLOSED`; the message is for the client
   */
  openReader(options: ReaderOptions, listener: ReaderListener): Reader
}

/** A connection that a dialect took over. */
export interface DialectConnection {
  /** The client has not asked for anything yet, so that ending it loses nothing. */
  readonly isSilent: boolean
  /** Resolves when everything published so far has been handed to the kernel. */
  flush(): Promise<void>
  /** Says goodbye; the server ends the socket when that is done. */
  close(): void | Promise<void>
}

/** A language of the socket besides newline-JSON, chosen by the first byte a client sends. */
export interface Dialect {
  /** For statistics. */
  readonly name: string
  recognises(firstByte: number): boolean
  /** Takes over a half-open, paused socket of which nothing was consumed. */
  serve(socket: Socket, host: DialectHost): DialectConnection
}
