import { createInterface } from 'node:readline'
import type { BusClient } from '@packet-logs/bus'
import { Command } from 'commander'
import { UsageError } from '../exit-code.js'
import type { Io } from '../io.js'

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
    .option('-s, --socket <path>', 'socket of the bus (default: the first one found that answers)')
    .addHelpText('after', help)
    .action(async (topic: string, text: string, options: PublishOptions) => {
      if (topic === '') throw new UsageError('the topic is empty')
      const { openBus } = await import('./open-bus.js')
      await using bus = await openBus(io, options.socket)
      if (text !== '-') bus.publishText(topic, text)
      else await publishLines(io, bus, topic)
      await bus.drain()
    })
}

async function publishLines(io: Io, bus: BusClient, topic: string): Promise<void> {
  for await (const line of createInterface({
    input: io.stdin,
    crlfDelay: Number.POSITIVE_INFINITY,
    signal: io.signal
  })) {
    bus.publishText(topic, line)
    // Waiting here lets the bus set the pace, however fast the input comes.
    await bus.drain()
  }
}
