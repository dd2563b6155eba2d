import { Command, InvalidArgumentError } from 'commander'
import type { Io } from '../io.js'
import { socketOption } from './socket-option.js'

export interface SubscribeOptions {
  socket?: string
  json?: true
  reconnect: boolean
  timeout: number
}

const help = `
Topics are matched by their beginning; without any, every event is shown.

Examples:
  packet-logs subscribe                              everything
  packet-logs subscribe nft:drop: alert:             drops and alerts
  packet-logs subscribe -j nft:wan:out --timeout 10  JSON lines for ten seconds`

/** `packet-logs subscribe`: events as they happen, one per line. */
export function subscribeCommand(io: Io): Command {
  return new Command('subscribe')
    .description('print events as they happen, one per line')
    .argument('[prefix...]', 'beginnings of topics, such as nft:drop:')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .option('-j, --json', 'print {"Topic":…,"Value":…} per line')
    .option('--no-reconnect', 'end when the bus goes away, instead of waiting for it to come back')
    .option('--timeout <seconds>', 'end after this long; 0 is never', parseSeconds, 0)
    .addHelpText('after', help)
    .action(async (prefixes: readonly string[], options: SubscribeOptions) => {
      const { printEvents } = await import('./print-events.js')
      await printEvents(io, prefixes, options)
    })
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  // setTimeout takes at most 2^31 - 1 milliseconds.
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 2_147_483)) {
    throw new InvalidArgumentError('It is a number of seconds, 0 for never.')
  }
  return seconds
}
