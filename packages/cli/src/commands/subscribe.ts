import { Command, InvalidArgumentError, Option } from 'commander'
import type { Io } from '../io.js'
import type { SubscribeOptions } from '../subscribe/options.js'
import { dialectOption } from './dialect.js'
import { parseSeconds } from './seconds.js'
import { socketOption } from './socket-option.js'

type Flags = Omit<SubscribeOptions, 'prefixes'> & { topics: readonly string[] }

const maxReplay = 1_000_000

const help = `
Topics are matched by their beginning; without any, every event is shown. On a terminal this is a live view: press ? there
to see its keys. With -j or --plain, or through a pipe, it prints a line per event.

Filters are CEL: action == "blocked" && dst.port in [22, 23]. A field that is not there does not match; has(dst.port) asks.

Examples:
  packet-logs subscribe                              everything
  packet-logs subscribe nft:drop: alert:             drops and alerts
  packet-logs subscribe -j nft:wan:out --timeout 10  JSON lines for ten seconds
  packet-logs subscribe --match 'nft:*:in' --filter 'tcp.syn && !inCidr(src.ip, "10.0.0.0/8")'
  packet-logs subscribe --replay 100 --gaps -o events.ndjson
  packet-logs subscribe -f events.ndjson -t nft: -j  what a file holds`

/** `packet-logs subscribe`: events as they happen, one per line. */
export function subscribeCommand(io: Io): Command {
  return new Command('subscribe')
    .description('show events as they happen, one per line')
    .argument('[prefix...]', 'beginnings of topics, such as nft:drop:')
    .option('-t, --topics <a,b>', 'the same, divided by commas', addList, [])
    .option('-e, --exclude <a,b>', 'beginnings of topics to leave out', addList, [])
    .option('-m, --match <pattern>', 'only topics like nft:*:in (* one token, > the rest); repeatable', add, [])
    .option('--filter <expression>', 'only events for which this is true')
    .addOption(new Option('--replay <n>', 'begin with the last n events the bus still has').argParser(parseReplay))
    .option('--gaps', 'also show where events were lost')
    .option('-j, --json', 'print {"Topic":…,"Value":…} per line')
    .option('--plain', 'print lines on a terminal, too, instead of the live view')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .addOption(dialectOption())
    .option('--no-reconnect', 'end when the bus goes away, instead of waiting for it to come back')
    .option('--timeout <seconds>', 'end after this long; 0 is never', parseSeconds, 0)
    .addOption(
      new Option('-f, --file <path>', 'read events from a file instead of a bus: lines, or a JSON array').conflicts([
        'socket',
        'dialect',
        'replay',
        'gaps',
        'reconnect'
      ])
    )
    .option('-o, --output <path>', 'also add the events to a file, a JSON object per line')
    .addHelpText('after', help)
    .action(async (prefixes: readonly string[], { topics, ...flags }: Flags) => {
      const { runSubscribe } = await import('../subscribe/run-subscribe.js')
      await runSubscribe(io, { ...flags, prefixes: [...prefixes, ...topics] })
    })
}

function add(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text]
}

function addList(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, ...text.split(',').filter(one => one !== '')]
}

function parseReplay(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count > maxReplay) throw new InvalidArgumentError('It is a number from 0 to 1000000.')
  return count
}
