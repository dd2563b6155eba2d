import type { LineRun } from './log/line-run.js'

/** What happens when a reader is so slow that events it wants leave the log: it loses them, or its place. */
export type SlowReaderPolicy = 'drop-oldest' | 'disconnect'

/** A place in the sequence of one bus's life. */
export interface BusPosition {
  /** Which life of the bus; another number after every start. */
  readonly epoch: number
  /** The last event that was seen. */
  readonly seq: number
}

/** What a reader asks for: the same in process and in every dialect. */
export interface ReaderOptions {
  /** Topic prefixes, any of which is wanted; `''` means every topic. */
  prefix: string | readonly string[]
  /** Compare prefixes with the topic and a colon behind it, as sprbus does over gRPC: `nft:` also means the topic `nft`. */
  withColon?: boolean
  /** Token wildcards, any of which must match, too: `nft:*:in`, `nft:>`. */
  match?: string | readonly string[]
  /** Source of a filter, in the language the broker was given a compiler for. */
  filter?: string
  /** Begin with the last that many wanted events that are still held. */
  replay?: number
  /** Begin after this place, as far as events are still held. */
  since?: BusPosition
  /** Be told in order, by events on the topic `bus:gap`, what is missing. */
  gaps?: boolean
  /** Default `drop-oldest`. */
  policy?: SlowReaderPolicy
  /** Who reads, for statistics. */
  name?: string
  /** How it reads, for statistics. */
  dialect?: string
}

/** What a reader is told. Neither may throw. */
export interface ReaderListener {
  /** Called from inside a publish or soon after it, once per `wait()`. */
  onReadable(): void
  /** With the policy `disconnect`: events were lost, the reader is closed. */
  onOverrun?(): void
  /** The reader was closed, from whatever side. */
  onClose?(): void
}

/** An event as the log hands it out: one object for all readers, never to be changed. */
export interface SharedEvent {
  readonly topic: string
  readonly value: string
  /** Its number in the sequence; 0 for a notice that has none. */
  readonly seq: number
}

/** A place in the broker's log: what transports read from. */
export interface Reader {
  /** Wanted events that the log let go of before they were read; at most that many when there is a filter. */
  readonly dropped: number
  /** Events handed out. */
  readonly delivered: number
  /** Events published since the oldest that it has not looked at; 0 when it is up to date. */
  readonly lag: number
  /** The next wanted lines that stand back to back: at least one, then as many as fit in `maxBytes`. */
  read(maxBytes: number): LineRun | undefined
  /** Like {@link read}, but `undefined` also when not even one line fits. */
  readWithin(maxBytes: number): LineRun | undefined
  /** The next wanted events: unescaped once, however many readers there are. */
  readEvents(maxBytes: number): readonly SharedEvent[] | undefined
  /** Calls back once when there is more; to be called after a read gave nothing. */
  wait(): void
  /** Reads nothing that is published from now on. */
  finish(): void
  close(): void
}
