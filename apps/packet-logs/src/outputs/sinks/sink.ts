import type { EventBatch } from '../event-queue.js'

/** What a sink counts for its output. */
export interface SinkCounters {
  written: number
  writtenBytes: number
  dropped: number
  skipped: number
  unread: number
  reconnects: number
}

/** What waits to be written. */
export interface Held {
  readonly events: number
  readonly bytes: number
}

/** Where an output's bytes go. One call at a time. */
export interface Sink {
  /** Whether it is open; of a FIFO, whether somebody reads. */
  readonly isOpen: boolean
  /** Whether events are of any use at present; they are not kept when they are not. */
  readonly isWanted: boolean
  /** What it was handed and keeps for those who are slow. Default: nothing. */
  readonly held?: Held
  /** Opens it, unless it is open. Rejects when that is not possible now. */
  open(): Promise<void>
  /** Hands a batch to the kernel and counts it. Rejects when it could not; `batch.done` says what needs no second attempt. */
  write(batch: EventBatch): Promise<void>
  /** Ends it when what was written has gone. */
  end(): Promise<void>
  /** Ends it now; what is under way rejects. */
  destroy(): void
}

/** Counts the events of a batch before `upTo` as written. Default: all. */
export function countWritten(counters: SinkCounters, batch: EventBatch, upTo: number = batch.ends.length): void {
  counters.writtenBytes += batch.startOf(upTo) - batch.start
  if (batch.tellsLoss === 0) counters.written += upTo - batch.done
  batch.done = upTo
}
