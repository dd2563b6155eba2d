import { Command, InvalidArgumentError } from 'commander'
import type { Io } from '../io.js'
import type { TopOptions } from '../top/run-top.js'
import { dialectOption } from './dialect.js'
import { socketOption } from './socket-option.js'

const help = `
LOST is what a reader was too slow for, BEHIND how many events were published since the last one it has looked at. On a
terminal it is a live view; through a pipe, or with --json, it prints a JSON object per interval.

Examples:
  packet-logs top
  packet-logs top --once                                  one look
  packet-logs top --json --interval 60 >> bus.ndjson`

/** `packet-logs top`: which topics are busy, which readers are behind. */
export function topCommand(io: Io): Command {
  return new Command('top')
    .description('show how busy the bus is, by topic and by reader')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .addOption(dialectOption())
    .option('--interval <seconds>', 'time between two looks', parseInterval, 1)
    .option('--once', 'one look, and end')
    .option('--json', 'print a JSON object per interval')
    .option('--plain', 'print tables on a terminal, too, instead of the live view')
    .addHelpText('after', help)
    .action(async (options: TopOptions) => {
      const { runTop } = await import('../top/run-top.js')
      await runTop(io, options)
    })
}

function parseInterval(text: string): number {
  const seconds = Number(text)
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 86_400) {
    throw new InvalidArgumentError('It is a whole number of seconds from 1 to 86400.')
  }
  return seconds
}
