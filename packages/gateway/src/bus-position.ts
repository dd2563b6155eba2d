import type { BusClient, BusPosition } from '@packet-logs/bus'

/** Our bus answers a subscription to this at once; SPR's never does. */
const STATS_TOPIC = 'bus:stats'

/**
 * Where the bus is in its sequence: what it publishes from now on comes after that place. `undefined` when it does not say
 * in time, as SPR's does not, or is closed.
 */
export async function askPosition(
  bus: BusClient,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }
): Promise<BusPosition | undefined> {
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const subscription = bus.subscribe(STATS_TOPIC, {
      seq: true,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline
    })
    for await (const { topic, value, seq = 0 } of subscription) {
      const epoch = topic === STATS_TOPIC ? epochOf(value) : undefined
      if (epoch !== undefined) return { epoch, seq }
    }
  } catch {
    // Too late, or closed: nobody answered.
  }
  return undefined
}

function epochOf(stats: string): number | undefined {
  const { epoch } = JSON.parse(stats) as { epoch?: unknown }
  return typeof epoch === 'number' && Number.isSafeInteger(epoch) ? epoch : undefined
}
