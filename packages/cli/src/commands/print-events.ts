import type { BusClient, Subscription } from '@packet-logs/bus'
import pc from 'picocolors'
import { formatEventJson, formatEventLine } from '../events/event-line.js'
import { type Io, takesColor, write } from '../io.js'
import { openBus } from './open-bus.js'
import type { SubscribeOptions } from './subscribe.js'

const lossReportMs = 5_000

/** Prints events until the time is up, the command is ended, or nobody reads the output any more. */
export async function printEvents(io: Io, prefixes: readonly string[], options: SubscribeOptions): Promise<void> {
  const signal = endingSignal(io.signal, options.timeout)
  await using bus = await openBus({ ...io, signal }, options.socket)
  await using events = bus.subscribe(prefixes.length > 0 ? prefixes : '')
  const onAbort = (): void => void events.close()
  signal.addEventListener('abort', onAbort, { once: true })
  const loss = reportLoss(io, events)
  void reportConnection(io, bus)
  try {
    const colors = pc.createColors(takesColor(io.stdout, io.env))
    const format = options.json
      ? formatEventJson
      : (event: { topic: string; value: string }): string => formatEventLine(event, colors, new Date())
    // One write per batch; while it waits for a slow reader, the subscription is the queue, and it is bounded.
    for await (const batch of events.batches()) {
      await write(io.stdout, batch.map(event => `${format(event)}\n`).join(''), signal)
      if (signal.aborted) break
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
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
    reported = events.dropped
  }
  const timer = setInterval(report, lossReportMs).unref()
  return {
    end: () => {
      clearInterval(timer)
      report()
    }
  }
}

async function reportConnection(io: Io, bus: BusClient): Promise<void> {
  for await (const status of bus.status()) {
    if (status.type === 'disconnected') io.stderr.write('packet-logs: the bus is gone, waiting for it to come back\n')
    if (status.type === 'reconnected') io.stderr.write('packet-logs: the bus is back; events in between were missed\n')
  }
}
