import { type NflogSocket, openNflog } from '@packet-logs/nflog-native'
import { openBus } from './bus-connection.js'
import type { Config } from './config/config.js'
import { actionOf } from './config/groups.js'
import { type Loss, reportLosses } from './loss-report.js'
import { publishPackets, type Withheld } from './publish-packets.js'
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
  // Closing gives the groups up and lets what the kernel still held be read; then the batches end.
  const close = (): void => void socket.close()
  signal.addEventListener('abort', close, { once: true })
  // Told to end while it was starting.
  if (signal.aborted) close()
  else onReady({ groups: config.groups.map(group => ({ ...group, action: actionOf(group) })), bus: bus.description })

  const withheld: Withheld = { dropped: 0, tooLarge: 0 }
  using _ = reportLosses([kernelLoss(socket), tooLarge(withheld), ...bus.losses], log)
  await publishPackets(socket.batches(), bus.publisher, config, withheld)
}

function kernelLoss(socket: NflogSocket): Loss {
  return {
    count: () => socket.stats.lost,
    describe: count =>
      `${count} packets lost in the kernel; the receive buffer holds ${socket.stats.receiveBufferBytes} bytes`
  }
}

function tooLarge(withheld: Withheld): Loss {
  return {
    count: () => withheld.tooLarge,
    describe: count => `${count} packets left out: their events are too large for the bus`
  }
}
