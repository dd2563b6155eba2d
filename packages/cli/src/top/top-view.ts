import type { BusClient } from '@packet-logs/bus'
import type { Io } from '../io.js'
import type { Key } from '../live/keys.js'
import { Screen } from '../live/screen.js'
import { Terminal } from '../live/terminal.js'
import type { Interval } from './rates.js'
import { renderTop, type TopState } from './table.js'

/** Shows the intervals on the terminal until the user leaves. */
export async function runTopView(io: Io, bus: BusClient, intervals: AsyncIterable<Interval>): Promise<void> {
  const over = new AbortController()
  const end = (): void => over.abort()
  let state: TopState = { path: bus.path, interval: undefined, isAway: false }
  using terminal = new Terminal(io, {
    key: key => {
      if ('name' in key && key.name === 'suspend') terminal.suspend()
      else if (isLeave(key)) end()
      else if ('text' in key && key.text === ' ') change({ frozen: state.frozen ? undefined : state.interval })
      else screen.requestAll()
    },
    resized: () => screen.requestAll(),
    gone: end
  })
  using screen = new Screen(terminal, () => renderTop(state, terminal.size))
  const change = (changes: Partial<TopState>): void => {
    state = { ...state, ...changes }
    screen.request()
  }
  screen.request()
  io.signal.addEventListener('abort', end, { once: true })
  if (io.signal.aborted) end()
  void (async () => {
    for await (const status of bus.status()) {
      if (!('use' in status) || status.use !== 'subscribe') continue
      if (status.type === 'connected' || status.type === 'disconnected') {
        change({ isAway: status.type === 'disconnected' })
      }
    }
  })()
  const showing = (async () => {
    for await (const interval of intervals) change({ interval })
  })()
  const ended = new Promise<void>(resolve => {
    if (over.signal.aborted) resolve()
    else over.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    await Promise.race([ended, showing])
  } finally {
    io.signal.removeEventListener('abort', end)
  }
}

function isLeave(key: Key): boolean {
  return 'name' in key ? key.name === 'interrupt' || key.name === 'escape' : key.text === 'q'
}
