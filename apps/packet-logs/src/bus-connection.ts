import { type BusClient, chooseBusRole, connectBus, listenBus, type Publisher } from '@packet-logs/bus'
import type { Config } from './config.js'
import { DaemonError } from './errors.js'

/** The bus, served here or by somebody else. */
export interface BusConnection extends AsyncDisposable {
  readonly publisher: Publisher
  /** `serving PATH` or `publishing to PATH`. */
  readonly description: string
}

/** What {@link openBus} is given beside the configuration. */
export interface OpenBusOptions {
  /** Ends the waiting for a bus; an open connection is ended by disposing it. */
  signal: AbortSignal
  env: NodeJS.ProcessEnv
  log: (text: string) => void
}

/**
 * Serves a bus or connects to one, as configured; without configuration it joins the bus that is there, else serves.
 * Disposing it hands over what was published first.
 *
 * @throws BusError when the socket cannot be served; DaemonError `DAEMON_CONFIG_INVALID` when no place for it is known
 */
export async function openBus(config: Config['bus'], options: OpenBusOptions): Promise<BusConnection> {
  if (config.connect !== undefined) return connect(config.connect, options)
  if (config.listen !== undefined) return listen(config.listen)
  const role = await chooseBusRole(options.env)
  if (role.role === 'connect') return connect(role.path, options)
  if (role.path !== undefined) return listen(role.path)
  throw new DaemonError(
    'DAEMON_CONFIG_INVALID',
    'no place for the bus socket: $XDG_RUNTIME_DIR is not set; name one with --bus-listen PATH'
  )
}

async function listen(path: string): Promise<BusConnection> {
  const server = await listenBus({ path })
  return {
    publisher: server.broker,
    description: `serving the bus at ${path}`,
    [Symbol.asyncDispose]: () => server.close()
  }
}

/** A daemon may start before its bus does, so this one waits; nothing is read from the kernel meanwhile. */
async function connect(path: string, { signal, log }: OpenBusOptions): Promise<BusConnection> {
  const waiting = setTimeout(() => log(`no bus answers at ${path} yet; trying until one does`), 1000)
  const connecting = new AbortController()
  const giveUp = (): void => connecting.abort(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    const client = await connectBus({ path, wait: true, signal: connecting.signal })
    void reportStatus(client, log)
    return {
      publisher: client,
      description: `publishing to the bus at ${path}`,
      [Symbol.asyncDispose]: () => client.close()
    }
  } finally {
    clearTimeout(waiting)
    signal.removeEventListener('abort', giveUp)
  }
}

async function reportStatus(client: BusClient, log: (text: string) => void): Promise<void> {
  for await (const status of client.status()) {
    switch (status.type) {
      case 'connected':
        log('the bus is back')
        break
      case 'disconnected':
        log(`the bus at ${client.path} is gone; events wait in a bounded queue until it is back`)
        break
      case 'dropped':
        log(`${status.count} events lost on the way to the bus`)
        break
      case 'refused':
        log(`the bus refused an event: ${status.reason}`)
        break
      case 'reconnecting':
      case 'closed':
        break
    }
  }
}
