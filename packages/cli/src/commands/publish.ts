import type { BusClient } from '@packet-logs/bus'
import { Command } from 'commander'
import { UsageError } from '../exit-code.js'
import type { Io } from '../io.js'
import { readLines } from '../lines.js'
import { socketOption } from './socket-option.js'

// A character is at most three bytes of UTF-8, six when escaped: well below the client's queue of 16 MiB.
const drainAfterLength = 500_000

interface PublishOptions {
  socket?: string
}

const help = `
Examples:
  packet-logs publish alert:test '{"Title":"It works"}'
  journalctl -f -o json | packet-logs publish log:journal -   one event per line of standard input`

/** `packet-logs publish TOPIC TEXT`: puts events on the bus; done means that the bus has them. */
export function publishCommand(io: Io): Command {
  return new Command('publish')
    .description('put an event on the bus')
    .argument('<topic>', 'topic, such as alert:test')
    .argument('<text>', 'value, usually JSON; - reads standard input, one event per line')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .addHelpText('after', help)
    .action(async (topic: string, text: string, options: PublishOptions) => {
      if (topic.startsWith('subscribe:')) {
        throw new UsageError(`a topic cannot begin with subscribe:, as "${topic}" does; choose another first word`)
      }
      const { openBus } = await import('./open-bus.js')
      const isStream = text === '-'
      // A stream outlives a restart of the bus; for a single event, a bus that goes away is the answer.
      await using bus = await openBus(io, options.socket, { reconnect: isStream })
      if (isStream) await publishLines(io, bus, topic)
      else bus.publishText(topic, text)
      await drain(bus, io.signal)
      if (bus.stats.dropped > 0) throw new Error(`${bus.stats.dropped} events were lost because the bus went away`)
    })
}

async function publishLines(io: Io, bus: BusClient, topic: string): Promise<void> {
  let pending = 0
  for await (const line of readLines(io.stdin, io.signal)) {
    bus.publishText(topic, line)
    pending += line.length
    // Waiting lets the bus set the pace of a fast input, before the client's queue is full.
    if (pending < drainAfterLength) continue
    await drain(bus, io.signal)
    pending = 0
  }
}

/** Waits for the bus to take what was published; once the command is told to end, only for a moment. */
async function drain(bus: BusClient, signal: AbortSignal): Promise<void> {
  const draining = bus.drain()
  const close = (): void => void bus.close()
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  try {
    await draining
  } finally {
    signal.removeEventListener('abort', close)
  }
}
