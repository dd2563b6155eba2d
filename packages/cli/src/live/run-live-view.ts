import { setImmediate } from 'node:timers/promises'
import type { FilterCompiler } from '@packet-logs/bus'
import type { Io } from '../io.js'
import type { EventFile } from '../subscribe/event-file.js'
import type { EventStream } from '../subscribe/event-stream.js'
import { Screen } from './screen.js'
import { createLiveState, type LiveState, type Message } from './state.js'
import { Terminal } from './terminal.js'
import { update } from './update.js'
import { render } from './view.js'

const tickMs = 500
/** Longest time that events are taken without a look at keys and timers. */
const busyMs = 20

export interface LiveViewOptions {
  title: string
  signal: AbortSignal
  compileFilter: FilterCompiler
  /** Gets the same events. */
  output: EventFile | undefined
  /** The view stays when there are no more events. */
  keepsOpen: boolean
}

/**
 * Shows events on the terminal until the user leaves, the signal is aborted, or there is nothing more to see.
 *
 * @throws what ends the stream of events; OutputError
 */
export async function runLiveView(io: Io, stream: EventStream, options: LiveViewOptions): Promise<void> {
  const over = new AbortController()
  const end = (): void => over.abort()
  using terminal = new Terminal(io, {
    key: key => {
      if ('name' in key && key.name === 'suspend') terminal.suspend()
      else if ('name' in key && key.name === 'redraw') screen.requestAll()
      else dispatch({ type: 'key', key })
    },
    resized: () => {
      dispatch({ type: 'resize', size: terminal.size })
      screen.requestAll()
    },
    gone: end
  })
  using screen = new Screen(terminal, () => render(state))
  let state: LiveState = createLiveState(options.title, terminal.size)
  const dispatch = (message: Message): void => {
    state = update(state, message, options.compileFilter)
    if (state.isOver) end()
    screen.request()
  }
  using _ticker = repeat(() => dispatch({ type: 'tick', atMs: performance.now() }))
  options.signal.addEventListener('abort', end, { once: true })
  if (options.signal.aborted) end()
  screen.request()
  void followStates(stream, dispatch, over.signal)
  const ended = whenAborted(over.signal)
  try {
    const shown = showEvents(stream, dispatch, options.output, over.signal)
    await Promise.race([ended, options.keepsOpen ? shown.then(() => ended) : shown])
  } finally {
    end()
    options.signal.removeEventListener('abort', end)
  }
}

async function showEvents(
  stream: EventStream,
  dispatch: (message: Message) => void,
  output: EventFile | undefined,
  signal: AbortSignal
): Promise<void> {
  let restedMs = performance.now()
  for await (const events of stream.batches()) {
    if (signal.aborted) return
    await output?.write(events)
    dispatch({ type: 'events', events, atMs: Date.now() })
    if (performance.now() - restedMs < busyMs) continue
    await setImmediate()
    restedMs = performance.now()
  }
  dispatch({ type: 'connection', connection: 'over' })
}

async function followStates(
  stream: EventStream,
  dispatch: (message: Message) => void,
  signal: AbortSignal
): Promise<void> {
  for await (const connection of stream.states()) {
    if (signal.aborted) return
    dispatch({ type: 'connection', connection })
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function repeat(action: () => void): Disposable {
  action()
  const timer = setInterval(action, tickMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
