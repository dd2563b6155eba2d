import { once } from 'node:events'
import { type BusClient, connectBus, findBusSocket } from '@packet-logs/bus'
import { createFormatter } from './format.js'
import type { Io } from './main.js'
import type { Options } from './options.js'
import { reportConnection } from './report-connection.js'

/**
 * Connects, subscribes, and prints what comes. This is all a bus client has to do.
 * @throws `signal.reason` when the signal aborts, which is how it ends
 */
export async function watch(options: Options, io: Io, signal: AbortSignal): Promise<void> {
  await using bus = await connect(options.socket, io.env, signal)
  await using events = bus.subscribe(options.prefixes)
  void reportConnection(bus.status(), io.stderr, signal)

  const format = createFormatter(options)
  try {
    for await (const batch of events.batches()) {
      // One write for all that has come. While it waits, the subscription is the queue; it is bounded and counts losses.
      if (!io.stdout.write(batch.map(format).join(''))) await once(io.stdout, 'drain', { signal })
    }
  } finally {
    if (events.dropped > 0) io.stderr.write(`${events.dropped} events were lost: the output is read too slowly\n`)
  }
}

/** The client closes when the signal aborts, and with it the subscription. */
async function connect(socket: string | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<BusClient> {
  const path = await findBusSocket({ env, ...(socket === undefined ? {} : { socket }) })
  if (path === undefined) {
    const where = socket === undefined ? 'at any of the usual sockets' : `at ${socket}`
    throw new Error(`no bus answers ${where}: start packet-logsd, or name the bus's socket with --socket PATH`)
  }
  return connectBus({ path, signal })
}
