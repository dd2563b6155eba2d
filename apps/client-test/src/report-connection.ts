import type { Writable } from 'node:stream'
import type { BusStatus } from '@packet-logs/bus'

/**
 * Says when the bus goes away and when it is back: once each, although every prefix has a connection of its own. That
 * the client itself leaves, when the signal aborts, is no news.
 */
export async function reportConnection(
  statuses: AsyncIterable<BusStatus>,
  stderr: Writable,
  signal: AbortSignal
): Promise<void> {
  const missing = new Set<string>()
  for await (const status of statuses) {
    if (signal.aborted) return
    if (status.type === 'disconnected' && status.use === 'subscribe') {
      if (missing.size === 0) stderr.write('the bus is gone, waiting for it to come back\n')
      missing.add(status.prefix)
    } else if (status.type === 'connected' && status.use === 'subscribe' && missing.delete(status.prefix)) {
      if (missing.size === 0) stderr.write('the bus is back; what was published in between is missing\n')
    }
  }
}
