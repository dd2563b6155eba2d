import type { BusClient, BusStats } from '@packet-logs/bus'

/** How long a bus may take for its first statistics. SPR's never sends any. */
const STATS_MS = 1500

/** Which life of the bus this is; `undefined` for a bus that does not say: SPR's. */
export async function readEpoch(client: BusClient, signal: AbortSignal): Promise<number | undefined> {
  signal.throwIfAborted()
  const subscription = client.subscribe('bus:stats', { resume: false, name: 'packet-logs-influxdb: which bus' })
  const end = (): void => void subscription.close()
  const timer = setTimeout(end, STATS_MS)
  signal.addEventListener('abort', end, { once: true })
  try {
    for await (const { topic, value } of subscription) {
      if (topic === 'bus:stats') return (JSON.parse(value) as BusStats).epoch
    }
    signal.throwIfAborted()
    return undefined
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
