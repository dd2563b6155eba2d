import type { BusEvent } from '@packet-logs/bus'
import pc from 'picocolors'
import { formatEventJson, formatEventLine } from '../events/event-line.js'
import { type Io, takesColor, write } from '../io.js'
import type { EventFile } from './event-file.js'
import type { EventStream } from './event-stream.js'
import { formatGapLine, gapOf } from './gap-line.js'

const lossReportMs = 2_000

export interface PrintOptions {
  json: boolean
  signal: AbortSignal
  /** Gets the same events. */
  output: EventFile | undefined
}

/** Prints events, one per line, until there are no more, or nobody reads them any more. */
export async function printEvents(io: Io, stream: EventStream, options: PrintOptions): Promise<void> {
  const { signal, output } = options
  const format = options.json ? formatEventJson : lineFormat(io)
  const loss = reportLoss(io, stream)
  void reportState(io, stream, signal)
  try {
    // One write per batch; while it waits for a slow reader the stream is the queue, and it is bounded.
    for await (const batch of stream.batches()) {
      await output?.write(batch)
      await write(io.stdout, batch.map(event => `${format(event)}\n`).join(''), signal)
      if (signal.aborted) return
    }
  } finally {
    loss.end()
  }
}

function lineFormat(io: Io): (event: BusEvent) => string {
  const colors = pc.createColors(takesColor(io.stdout, io.env))
  return event => {
    const gap = gapOf(event)
    return gap ? colors.yellow(formatGapLine(gap)) : formatEventLine(event, colors, new Date())
  }
}

function reportLoss(io: Io, stream: EventStream): { end(): void } {
  let reported = 0
  const report = (): void => {
    const lost = stream.lost - reported
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

async function reportState(io: Io, stream: EventStream, signal: AbortSignal): Promise<void> {
  for await (const state of stream.states()) {
    if (signal.aborted) return
    const text = state === 'away' ? 'gone, waiting for it to come back' : 'back; what it no longer holds was missed'
    io.stderr.write(`packet-logs: the bus is ${text}\n`)
  }
}
