import { type BusClient, BusError, type BusEvent, type Subscription } from '@packet-logs/bus'
import pc from 'picocolors'
import { formatEventJson, formatEventLine } from '../events/event-line.js'
import { type Io, OutputError, takesColor, write } from '../io.js'
import { openBus } from './open-bus.js'
import type { SubscribeOptions } from './subscribe.js'

const lossReportMs = 2_000

/** Prints events until the time is up, the command is ended, or nobody reads the output any more. */
export async function printEvents(io: Io, prefixes: readonly string[], options: SubscribeOptions): Promise<void> {
  const signal = endingSignal(io.signal, options.timeout)
  try {
    await using bus = await openBus(io, options.socket, { signal, reconnect: options.reconnect })
    await using events = bus.subscribe(prefixes.length > 0 ? prefixes : '')
    if (options.reconnect) void reportConnection(io, bus, signal)
    void events.ready.then(
      () => io.stderr.write(`packet-logs: listening at ${bus.path}\n`),
      () => undefined
    )
    await printBatches(io, events, signal, options)
  } catch (error) {
    // Being told to end is how this command ends, and so is the end of the bus if that was wished for.
    const busIsGone = error instanceof BusError && error.code === 'BUS_CLOSED' && !options.reconnect
    if (error instanceof OutputError || (!signal.aborted && !busIsGone)) throw error
  }
}

async function printBatches(
  io: Io,
  events: Subscription,
  signal: AbortSignal,
  options: SubscribeOptions
): Promise<void> {
  const colors = pc.createColors(takesColor(io.stdout, io.env))
  const format = options.json
    ? formatEventJson
    : (event: BusEvent): string => formatEventLine(event, colors, new Date())
  const loss = reportLoss(io, events)
  try {
    // One write per batch; while it waits for a slow reader the subscription is the queue, and it is bounded.
    for await (const batch of events.batches()) {
      await write(io.stdout, batch.map(event => `${format(event)}\n`).join(''), signal)
      if (signal.aborted) return
    }
  } finally {
    loss.end()
  }
}

function endingSignal(signal: AbortSignal, seconds: number): AbortSignal {
  return seconds === 0 ? signal : AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(seconds * 1_000))])
}

function reportLoss(io: Io, events: Subscription): { end(): void } {
  let reported = 0
  const report = (): void => {
    const lost = events.dropped - reported
    if (lost > 0) io.stderr.write(`packet-logs: ${lost} events lost, the output is read too slowly\n`)
    reported += lost
  }
  const timer = setInterval(report, lossReportMs).unref()
  return {
    end: () => {
      clearInterval(timer)
      report()
    }
  }
}

/** Every prefix has a connection of its own; what matters to the reader is whether all of them stand. */
async function reportConnection(io: Io, bus: BusClient, signal: AbortSignal): Promise<void> {
  const away = new Set<string>()
  for await (const status of bus.status()) {
    if (signal.aborted) return
    if (!('use' in status) || status.use !== 'subscribe') continue
    if (status.type === 'disconnected') {
      if (away.size === 0) io.stderr.write('packet-logs: the bus is gone, waiting for it to come back\n')
      away.add(status.prefix)
    } else if (status.type === 'connected' && away.delete(status.prefix) && away.size === 0) {
      io.stderr.write('packet-logs: the bus is back; events in between were missed\n')
    }
  }
}
