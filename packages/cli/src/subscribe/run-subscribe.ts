import { BusError, type FilterCompiler } from '@packet-logs/bus'
import { endingSignal } from '../ending-signal.js'
import { hasScreen, type Io, OutputError } from '../io.js'
import { openBusStream } from './bus-stream.js'
import { checkWishes, loadFilterCompiler } from './check-wishes.js'
import { EventFile } from './event-file.js'
import type { EventStream } from './event-stream.js'
import { openFileStream } from './file-stream.js'
import type { SubscribeOptions } from './options.js'
import { printEvents } from './print-events.js'

/** Shows events until there are no more, the time is up, the command is ended, or nobody reads the output any more. */
export async function runSubscribe(io: Io, options: SubscribeOptions): Promise<void> {
  const isLive = hasScreen(io) && !options.json && !options.plain && options.file !== '-'
  const compileFilter = await checkWishes(options)
  await using output = options.output === undefined ? undefined : await EventFile.open(options.output)
  using ending = endingSignal(io.signal, options.timeout)
  const { signal } = ending
  try {
    if (isLive)
      await watch(io, options, { signal, output, compileFilter: compileFilter ?? (await loadFilterCompiler()) })
    else await print(io, options, { signal, output, compileFilter })
  } catch (error) {
    // Being told to end is how this command ends, and so is the end of the bus if that was wished for.
    const busIsGone = error instanceof BusError && error.code === 'BUS_CLOSED' && !options.reconnect
    if (error instanceof OutputError || (!signal.aborted && !busIsGone)) throw error
  }
}

interface Showing {
  signal: AbortSignal
  output: EventFile | undefined
}

async function print(
  io: Io,
  options: SubscribeOptions,
  { signal, output, compileFilter }: Showing & { compileFilter: FilterCompiler | undefined }
): Promise<void> {
  const printing = { json: options.json === true, signal, output }
  if (options.file !== undefined) {
    const stream = openFileStream(io, options.file, options, { signal, compileFilter })
    try {
      await printEvents(io, stream, printing)
    } finally {
      const { skipped, firstSkipped } = stream
      if (skipped > 0) io.stderr.write(`packet-logs: ${skipped} entries skipped (${firstSkipped ?? ''})\n`)
    }
    return
  }
  await using stream = await openBusStream(io, options, { signal, compileFilter, gaps: options.gaps === true })
  void stream.ready.then(
    () => io.stderr.write(`packet-logs: listening at ${stream.name}\n`),
    () => undefined
  )
  await printEvents(io, stream, printing)
}

async function watch(
  io: Io,
  options: SubscribeOptions,
  { signal, output, compileFilter }: Showing & { compileFilter: FilterCompiler }
): Promise<void> {
  const { runLiveView } = await import('../live/run-live-view.js')
  await using stream: EventStream =
    options.file === undefined
      ? await openBusStream(io, options, { signal, compileFilter, gaps: true })
      : openFileStream(io, options.file, options, { signal, compileFilter })
  const title = [stream.name, ...options.prefixes, ...options.match, options.filter ?? ''].join('  ').trimEnd()
  await runLiveView(io, stream, { title, signal, output, compileFilter, keepsOpen: options.file !== undefined })
}
