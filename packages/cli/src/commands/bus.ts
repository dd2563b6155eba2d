import { once } from 'node:events'
import type { BusServer, BusServerStatus } from '@packet-logs/bus'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Io, write } from '../io.js'
import { socketOption } from './socket-option.js'

interface BusOptions {
  socket: string
  mode: number
  owner?: string
  group?: string
  maxClients: number
  json?: true
}

const help = `
Programs may publish and subscribe in newline-JSON (sprbus-json) and in gRPC (sprbus), on the same socket.
packet-logs top shows how it is doing.

Examples:
  packet-logs bus --socket /tmp/bus.sock
  packet-logs bus --socket /run/packet-logs/eventbus.sock --mode 660 --group adm`

/** `packet-logs bus`: a bus and nothing else, for trying things out and for other people's publishers. */
export function busCommand(io: Io): Command {
  return new Command('bus')
    .description('run a bare event bus until Ctrl-C')
    .addOption(socketOption('socket to listen on').makeOptionMandatory())
    .addOption(
      new Option('--mode <octal>', 'permissions of the socket; who may connect may read and publish')
        .default(0o600, '600')
        .argParser(parseMode)
    )
    .option('--owner <user>', 'who owns the socket (default: who runs this)')
    .option('--group <group>', 'group of the socket (default: that of who runs this)')
    .option('--max-clients <n>', 'connections at a time', parseCount, 1024)
    .option(
      '--json',
      'print on standard output, an object per line, when it is ready, what happens to it, and its counts'
    )
    .addHelpText('after', help)
    .action(async (options: BusOptions) => runBus(io, options))
}

async function runBus(io: Io, { socket, mode, owner, group, maxClients, json }: BusOptions): Promise<void> {
  const [{ listenBus }, { grpcDialect }, { createFilterCompiler }] = await Promise.all([
    import('@packet-logs/bus'),
    import('@packet-logs/bus/grpc'),
    import('@packet-logs/rules')
  ])
  const server = await listenBus({
    path: socket,
    mode,
    maxClients,
    dialects: [grpcDialect()],
    compileFilter: createFilterCompiler(),
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group })
  })
  const say: Say = async (event, text) => {
    if (json) await write(io.stdout, `${JSON.stringify({ ...event, path: server.path })}\n`, io.signal)
    else io.stderr.write(`packet-logs: ${text}\n`)
  }
  await say({ type: 'ready' }, `bus ready at ${server.path}`)
  void reportStatus(server, say)
  if (!io.signal.aborted) await once(io.signal, 'abort')
  await server.close()
  const { published, dropped } = server.broker.stats
  const lost = dropped === 0 ? '' : `, ${dropped} lost by slow readers`
  await say({ type: 'closed', published, dropped }, `bus closed; ${published} events published${lost}`)
}

/** Tells what happened, to a program or in words. */
type Say = (event: { type: string } & Record<string, unknown>, text: string) => Promise<void>

async function reportStatus(server: BusServer, say: Say): Promise<void> {
  for await (const status of server.status()) {
    const text = describeStatus(status, server.path)
    if (text === undefined) continue
    await say({ type: status.type, ...('error' in status && { error: messageOf(status.error) }) }, text)
  }
}

function describeStatus(status: BusServerStatus, path: string): string | undefined {
  switch (status.type) {
    case 'relistened':
      return `the socket file was gone; listening at ${path} again`
    case 'replaced':
      return `somebody else listens at ${path} now; new clients go there`
    case 'unreachable':
      return `the socket file is gone and cannot be made again yet: ${messageOf(status.error)}`
    case 'accept-failed':
      return `a client could not be let in: ${messageOf(status.error)}`
    case 'closed':
      return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function parseMode(text: string): number {
  if (!/^[0-7]{1,4}$/.test(text) || Number.parseInt(text, 8) > 0o777) {
    throw new InvalidArgumentError('It is an octal number such as 660.')
  }
  return Number.parseInt(text, 8)
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) {
    throw new InvalidArgumentError('It is a number from 1 to 1000000.')
  }
  return count
}
