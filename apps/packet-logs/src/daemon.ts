import { openNflog } from '@packet-logs/nflog-native'
import { openBus } from './bus-connection.js'
import { actionOf, type Config } from './config.js'
import { reportLoss } from './loss-report.js'
import { publishPackets } from './publish-packets.js'
import type { Ready } from './readiness.js'

/** What the daemon is given beside its configuration. */
export interface DaemonOptions {
  /** Ends the daemon: what the kernel had handed over by then is published first. */
  signal: AbortSignal
  /** Default: the process's. */
  env?: NodeJS.ProcessEnv
  /** Called once, when packets can arrive and readers can subscribe. */
  onReady: (ready: Ready) => void
  /** Called with a sentence for the operator, seldom. */
  log: (text: string) => void
}

/** kernel → socket → decoder → bus, until the signal. */
export async function runDaemon(config: Config, options: DaemonOptions): Promise<void> {
  const { signal, env = process.env, onReady, log } = options
  await using bus = await openBus(config.bus, { signal, env, log })
  await using socket = openNflog({ groups: config.groups.map(({ group }) => group), ...config.capture })
  using _ = reportLoss(socket, log)
  // Closing gives the groups up and lets what the kernel still held be read; then the batches end.
  signal.addEventListener('abort', () => void socket.close(), { once: true })

  onReady({ groups: config.groups.map(group => ({ ...group, action: actionOf(group) })), bus: bus.description })
  const withheld = await publishPackets(socket.batches(), bus.publisher, config)
  if (withheld.tooLarge > 0) log(`${withheld.tooLarge} packets gave events too large for the bus and were left out`)
}
