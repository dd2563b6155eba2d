import type { BusClient } from '@packet-logs/bus'
import pc from 'picocolors'
import type { DialectChoice } from '../commands/dialect.js'
import { openBus } from '../commands/open-bus.js'
import { hasScreen, type Io, OutputError, takesColor, write } from '../io.js'
import { type Interval, intervalOf, parseStats, type Sample } from './rates.js'
import { formatTop } from './table.js'
import { runTopView } from './top-view.js'

export interface TopOptions {
  socket?: string
  dialect: DialectChoice
  /** Seconds between two looks. */
  interval: number
  once?: true
  json?: true
  plain?: true
}

/** Both dialects' buses of ours tell within a second; who has not told after this never will. */
const silenceMs = 4_000
/** Statistics come once a second, a little sooner or later. */
const earlyMs = 200

/** Shows how a bus is doing, until it is told to end. */
export async function runTop(io: Io, options: TopOptions): Promise<void> {
  const { signal } = io
  await using bus = await openBus(io, options.socket, { signal, dialect: options.dialect })
  try {
    if (hasScreen(io) && !options.once && !options.json && !options.plain) {
      await runTopView(io, bus, intervals(bus, options.interval))
      return
    }
    const isJson = options.json === true || io.stdout.isTTY !== true
    for await (const interval of intervals(bus, options.interval)) {
      await write(io.stdout, isJson ? formatJson(interval) : format(io, interval), signal)
      if (options.once || signal.aborted) return
    }
  } catch (error) {
    if (error instanceof OutputError || !signal.aborted) throw error
  }
}

function formatJson(interval: Interval): string {
  return `${JSON.stringify({ time: new Date().toISOString(), ...interval })}\n`
}

function format(io: Io, interval: Interval): string {
  return `${formatTop(interval, io.stdout.columns || 100, pc.createColors(takesColor(io.stdout, io.env)))}\n`
}

/** What happened on a bus, again and again. @throws Error when the bus does not tell */
async function* intervals(bus: BusClient, seconds: number): AsyncGenerator<Interval> {
  const silence = new AbortController()
  const timer = setTimeout(() => {
    silence.abort(
      new Error(`the bus at ${bus.path} does not tell how it is doing; it is SPR's, or older than this command`)
    )
  }, silenceMs)
  try {
    let before: Sample | undefined
    for await (const { value } of bus.subscribe('bus:stats', { signal: silence.signal, name: `top:${process.pid}` })) {
      const stats = parseStats(value)
      if (!stats) continue
      clearTimeout(timer)
      const after = { atMs: performance.now(), stats }
      const isSoon = before !== undefined && after.atMs - before.atMs < seconds * 1000 - earlyMs
      if (isSoon && before?.stats.epoch === stats.epoch) continue
      const interval = before && intervalOf(before, after)
      before = after
      if (interval) yield interval
    }
  } finally {
    clearTimeout(timer)
  }
}
