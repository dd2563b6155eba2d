import type { Delivery } from './database/delivery.js'
import type { Spool } from './spool/spool.js'

/** How points leave the spool. */
export interface SenderOptions {
  spool: Spool
  delivery: Delivery
  /** Points in a request. */
  batchPoints: number
  /** Milliseconds that points wait for others. */
  flushMs: number
  /** Nothing more will come: send what is there, then end. */
  ending: AbortSignal
  /** End at once. */
  signal: AbortSignal
  written(written: number, rejected: number): void
}

/** Brings what is in the spool to the database, in order, until told to end. */
export async function runSender(options: SenderOptions): Promise<void> {
  const { spool, delivery, batchPoints, flushMs, ending, signal } = options
  while (!signal.aborted) {
    if (!ending.aborted) {
      await spool.waitForPoints(1, { timeoutMs: 1000, signal: ending })
      if (spool.stats.points > 0) await spool.waitForPoints(batchPoints, { timeoutMs: flushMs, signal: ending })
    }
    const batch = await spool.take(batchPoints)
    if (batch === undefined) {
      if (ending.aborted) return
      continue
    }
    try {
      // What was written at once is handed out at once, and may be more than a request takes.
      const delivered = { written: 0, rejected: 0 }
      for (let from = 0; from < batch.lines.length; from += batchPoints) {
        const part = batch.lines.length > batchPoints ? batch.lines.slice(from, from + batchPoints) : batch.lines
        const { written, rejected } = await delivery.deliver(part, signal)
        delivered.written += written
        delivered.rejected += rejected
      }
      options.written(delivered.written, delivered.rejected)
      await spool.commit(batch)
    } catch (error) {
      await spool.release()
      if (!signal.aborted) throw error
    }
  }
}
