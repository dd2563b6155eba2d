import type { OutputConfig } from './output-config.js'

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
  /** Events that wait, and what they take. Written, dropped, skipped, unread and queued ones are together those that matched. */
  readonly queued: number
  readonly queuedBytes: number
  /** Times that writing or opening failed and was tried again later. */
  readonly failures: number
  /** Times that it was opened again after it had been open before. */
  readonly reconnects: number
  /** What went wrong last. */
  readonly lastError?: string
}
