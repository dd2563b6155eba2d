import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Broker,
  type BusClient,
  chooseBusRole,
  connectBus,
  createBusClient,
  listenBus,
  type Publisher
} from '@packet-logs/bus'
import { grpcDialect } from '@packet-logs/bus/grpc'
import { ConfigError } from '@packet-logs/config-file'
import { createFilterCompiler } from '@packet-logs/rules'
import type { Config } from './config/config.js'
import { modeOf } from './config/socket-mode.js'
import type { Loss } from './loss-report.js'

/** The bus, served here or by somebody else. */
export interface BusConnection extends AsyncDisposable {
  readonly publisher: Publisher
  /** The same bus for those who subscribe. */
  readonly client: BusClient
  /** The bus itself, when it is served here. */
  readonly broker?: Broker
  /** Where its socket is. */
  readonly path: string
  /** Events that a bus served by somebody else refused. */
  readonly refused: () => number
  /** Gives readers in this process a moment for what was published; a bus served by somebody else does so itself. */
  settle(): Promise<void>
  /** `serving PATH` or `publishing to PATH`. */
  readonly description: string
  /** What is lost between here and the bus. */
  readonly losses: readonly Loss[]
}

/** As the bus calls readers without a socket. */
const inProcess = 'in process'
/** How long they may take at the end, and how often they are looked at. */
const settleMs = 500
const lookMs = 5

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
 * @throws BusError when the socket cannot be served; ConfigError `CONFIG_INVALID` when no place for it is known
 */
export async function openBus(config: Config['bus'], options: OpenBusOptions): Promise<BusConnection> {
  if (config.connect !== undefined) return connect(config.connect, options)
  if (config.listen !== undefined) return listen(config.listen, config)
  const role = await chooseBusRole(options.env)
  if (role.role === 'connect') return connect(role.path, options)
  if (role.path !== undefined) return listen(role.path, config)
  const message = '$XDG_RUNTIME_DIR is not set, so there is no place for the socket; name one with --bus-listen PATH'
  throw new ConfigError('CONFIG_INVALID', `bus: ${message}`, [{ name: 'flags', field: 'bus', message }])
}

async function listen(path: string, { socketMode }: Config['bus']): Promise<BusConnection> {
  const server = await listenBus({
    path,
    ...modeOf(socketMode),
    dialects: [grpcDialect()],
    compileFilter: createFilterCompiler()
  })
  const client = createBusClient(server.broker)
  return {
    publisher: server.broker,
    client,
    broker: server.broker,
    path,
    refused: () => 0,
    settle: () => settled(server.broker),
    description: `serving the bus at ${path}`,
    losses: [],
    async [Symbol.asyncDispose]() {
      await client.close()
      await server.close()
    }
  }
}

/** Resolves when no reader in this process is behind any more, or has been for too long. */
async function settled(broker: Broker): Promise<void> {
  const endMs = performance.now() + settleMs
  const isBehind = (): boolean => broker.readers().some(({ dialect, lag }) => dialect === inProcess && lag > 0)
  while (isBehind() && performance.now() < endMs) await sleep(lookMs)
}

/** A daemon may start before its bus does, so this one waits; nothing is read from the kernel meanwhile. */
async function connect(path: string, { signal, log }: OpenBusOptions): Promise<BusConnection> {
  const waiting = setTimeout(() => log(`no bus answers at ${path} yet; trying until one does`), 1000)
  const connecting = new AbortController()
  const giveUp = (): void => connecting.abort(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    const client = await connectBus({
      path,
      wait: true,
      signal: connecting.signal,
      compileFilter: createFilterCompiler()
    })
    const refused = { count: 0, reason: '' }
    void followStatus(client, refused, log)
    return {
      publisher: client,
      client,
      path,
      refused: () => refused.count,
      settle: () => Promise.resolve(),
      description: `publishing to the bus at ${path}`,
      losses: [
        { count: () => client.stats.dropped, describe: count => `${count} events lost on the way to the bus` },
        { count: () => refused.count, describe: count => `the bus refused ${count} events: ${refused.reason}` }
      ],
      [Symbol.asyncDispose]: () => client.close()
    }
  } finally {
    clearTimeout(waiting)
    signal.removeEventListener('abort', giveUp)
  }
}

async function followStatus(
  client: BusClient,
  refused: { count: number; reason: string },
  log: (text: string) => void
): Promise<void> {
  let isAway = false
  for await (const status of client.status()) {
    // Each subscription has a connection of its own, which ends with it.
    if ('use' in status && status.use === 'subscribe') continue
    switch (status.type) {
      case 'connected':
        if (isAway) log('the bus is back')
        isAway = false
        break
      case 'disconnected':
        if (!isAway) log(`the bus at ${client.path} is gone; events wait in a bounded queue until it is back`)
        isAway = true
        break
      case 'refused':
        refused.count += 1
        refused.reason = status.reason
        break
      case 'dropped':
      case 'reconnecting':
      case 'closed':
        break
    }
  }
}
