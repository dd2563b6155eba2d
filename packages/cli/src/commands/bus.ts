import { once } from 'node:events'
import { Command } from 'commander'
import type { Io } from '../io.js'
import { socketOption } from './socket-option.js'

interface BusOptions {
  socket: string
}

/** `packet-logs bus`: a bus and nothing else, for trying things out and for other people's publishers. */
export function busCommand(io: Io): Command {
  return new Command('bus')
    .description('run a bare event bus until Ctrl-C')
    .addOption(socketOption('socket to listen on').makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  packet-logs bus --socket /tmp/bus.sock')
    .action(async (options: BusOptions) => {
      const { listenBus } = await import('@packet-logs/bus')
      await using server = await listenBus({ path: options.socket })
      io.stderr.write(`packet-logs: bus ready at ${server.path}\n`)
      if (!io.signal.aborted) await once(io.signal, 'abort')
    })
}
