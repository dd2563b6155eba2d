import { Command, InvalidArgumentError } from 'commander'
import { type Io, write } from '../io.js'
import type { ReplayProgress } from '../replay/replay.js'
import { parseGroup } from './group.js'
import { socketOption } from './socket-option.js'

interface ReplayOptions {
  socket?: string
  speed: number
  prefix: string
  group: number
  json?: true
}

const progressMs = 1000

const help = `
FILE is a capture (pcap, pcapng), or has a JSON object per line: events as they travel on the bus or as subscribe -j prints
them, PacketInfo, or what ulogd writes. Which of these it is shows by itself; - is standard input. Events keep the time they
happened at. Lines that are none of these are skipped and counted.

Examples:
  packet-logs replay capture.pcapng                    as it happened
  packet-logs replay --speed 10 --prefix wan:in lan.pcap
  packet-logs subscribe -j nft: > day.ndjson ; packet-logs replay --speed max day.ndjson`

/** `packet-logs replay FILE`: what was recorded, onto the bus again. */
export function replayCommand(io: Io): Command {
  return new Command('replay')
    .description('put recorded packets or events onto the bus again')
    .argument('<file>', 'capture or log of events; - is standard input')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .option(
      '--speed <factor>',
      '1 is as it happened, 10 ten times as fast, max as fast as the bus takes it',
      parseSpeed,
      1
    )
    .option('--prefix <text>', 'log prefix of packets in captures that carry none', 'replay')
    .option('--group <n>', 'group of packets in captures that carry none', parseGroup, 0)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', help)
    .action(async (file: string, options: ReplayOptions) => runReplay(io, file, options))
}

async function runReplay(io: Io, path: string, options: ReplayOptions): Promise<void> {
  const [{ openBus }, { openRecording }, { createPace }, { replay }, { withBlank }] = await Promise.all([
    import('./open-bus.js'),
    import('../replay/recording.js'),
    import('../replay/pace.js'),
    import('../replay/replay.js'),
    import('../nft/log-rule.js')
  ])
  const { signal, stdin } = io
  const { group, prefix } = options
  const recording = await openRecording({ path, stdin, signal, group, prefix: withBlank(prefix) })
  await using bus = await openBus(io, options.socket, { signal })
  const progress: ReplayProgress = { published: 0, skipped: 0 }
  const startMs = performance.now()
  const ticker = io.stderr.isTTY ? setInterval(() => report('so far', '\r'), progressMs) : undefined
  const seconds = (): number => Math.round(performance.now() - startMs) / 1000
  const report = (when: string, end: string): void => {
    const skipped = progress.skipped === 0 ? '' : `, ${progress.skipped} skipped (${progress.firstSkipped ?? ''})`
    io.stderr.write(`packet-logs: ${progress.published} events ${when}${skipped}${end}`)
  }
  try {
    await replay(recording, bus, { pace: createPace(options.speed, signal), signal, progress })
    await bus.drain({ signal })
  } finally {
    clearInterval(ticker)
    report(`published in ${seconds()} s`, '\n')
    if (options.json) {
      await write(io.stdout, `${JSON.stringify({ ...progress, lost: bus.stats.dropped, seconds: seconds() })}\n`)
    }
  }
  if (bus.stats.dropped > 0) throw new Error(`${bus.stats.dropped} events were lost because the bus went away`)
  if (progress.published === 0) throw new Error(`${path} holds nothing that could be replayed`)
}

function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY
  const speed = Number(text)
  if (text.trim() === '' || !(speed > 0 && speed <= 1e6))
    throw new InvalidArgumentError('It is a number above 0, or max.')
  return speed
}
