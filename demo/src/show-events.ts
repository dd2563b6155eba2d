import { once } from 'node:events'
import { type BusClient, BusError, connectBus, type Subscription } from '@packet-logs/bus'
import { main as packetLogs } from '@packet-logs/cli'

/** Events on their way to stdout. */
export interface ShownEvents {
  /** Resolves when the bus is gone and its last event is on stdout, or nobody reads stdout any more. */
  readonly ended: Promise<void>
}

/** Prints packet events as `packet-logs subscribe` does, or with `json` one PacketInfo per line. */
export async function showEvents(busPath: string, json: boolean, stop: AbortController): Promise<ShownEvents> {
  const output = new AbortController()
  process.stdout.on('error', () => {
    // Such as `| head -3`: who wanted to see has seen enough.
    output.abort()
    stop.abort()
  })
  if (!json) return { ended: printLines(busPath, output.signal) }
  const client = await connectBus({ path: busPath, reconnect: false, signal: output.signal })
  const subscription = client.subscribe('nft:')
  await subscription.ready
  return { ended: printJson(client, subscription, output.signal) }
}

async function printLines(busPath: string, signal: AbortSignal): Promise<void> {
  const { stdin, stdout, stderr, env } = process
  await packetLogs(['subscribe', 'nft:', '--socket', busPath, '--no-reconnect'], { stdin, stdout, stderr, env, signal })
}

async function printJson(client: BusClient, subscription: Subscription, signal: AbortSignal): Promise<void> {
  try {
    for await (const events of subscription.batches()) {
      const lines = events.map(({ value }) => `${value}\n`).join('')
      if (!process.stdout.write(lines)) await once(process.stdout, 'drain', { signal })
    }
  } catch (error) {
    const busIsGone = error instanceof BusError && error.code === 'BUS_CLOSED'
    if (!busIsGone && !signal.aborted) throw error
  } finally {
    await client.close()
  }
}
