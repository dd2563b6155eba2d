import { safeText } from '@packet-logs/decoder'
import pc from 'picocolors'
import type { Frame } from '../live/frame.js'
import type { Size } from '../live/state.js'
import { fitWidth, padWidth } from '../live/width.js'
import type { Interval, ReaderRate, TopicRate } from './rates.js'

/** What `packet-logs top` shows. */
export interface TopState {
  /** Where the bus is. */
  readonly path: string
  readonly interval: Interval | undefined
  /** What was there when the view was paused. */
  readonly frozen?: Interval | undefined
  readonly isAway: boolean
}

type Paint = ReturnType<typeof pc.createColors>

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const numberWidth = 12
/** Topics and readers are worth seeing even where there is hardly any room. */
const fewestRows = 2

/** The whole of a terminal. */
export function renderTop(state: TopState, { columns, rows }: Size): Frame {
  const colors = pc.createColors(true)
  const isPaused = state.frozen !== undefined
  const interval = state.frozen ?? state.interval
  const status = [
    isPaused ? colors.inverse(' paused ') : colors.green('live'),
    ...(state.isAway ? [colors.red('the bus is gone, waiting for it')] : []),
    colors.dim('space pauses · q leaves')
  ].join(colors.dim(' · '))
  const body = interval
    ? tables(interval, columns, rows - 2, colors)
    : [colors.dim('waiting for the statistics of the bus')]
  const title = colors.inverse(padWidth(` packet-logs top  ${safeText(state.path)}`, columns))
  const lines = [title, ...body.slice(0, Math.max(0, rows - 2))]
  while (lines.length < rows - 1) lines.push('')
  return { lines: [...lines, status].slice(-rows).map(line => fitWidth(line, columns)) }
}

/** Everything, for a place without a screen. */
export function formatTop(interval: Interval, columns: number, colors: Paint): string {
  const lines = tables(interval, columns, Number.POSITIVE_INFINITY, colors)
  return `${lines.map(line => fitWidth(line, columns)).join('\n')}\n`
}

function tables(interval: Interval, columns: number, rows: number, colors: Paint): readonly string[] {
  const { eventsPerSecond, bytesPerSecond, heldBytes, dropped, published } = interval
  const lost = `${whole.format(dropped)} lost by slow readers`
  const totals = [
    `${whole.format(eventsPerSecond)} events/s`,
    `${bytes(bytesPerSecond)}/s`,
    `${whole.format(published)} events`,
    `${bytes(heldBytes)} held`,
    dropped > 0 ? colors.yellow(lost) : lost
  ].join(colors.dim(' · '))
  const room = Math.max(2 * fewestRows, rows - 5)
  const forReaders = Math.min(interval.readers.length, Math.max(fewestRows, Math.floor(room / 2)))
  const forTopics = Math.max(fewestRows, room - forReaders)
  return [
    totals,
    '',
    colors.bold(topicHead(columns)),
    ...limited(interval.topics, forTopics, topic => topicLine(topic, columns)),
    '',
    colors.bold(readerHead(columns)),
    ...limited(interval.readers, Math.max(fewestRows, room - Math.min(forTopics, interval.topics.length)), reader => {
      const line = readerLine(reader, columns)
      return reader.dropped > 0 ? colors.yellow(line) : line
    })
  ]
}

function limited<T>(items: readonly T[], most: number, format: (item: T) => string): readonly string[] {
  if (items.length <= most) return items.map(format)
  const shown = items.slice(0, most - 1)
  return [...shown.map(format), `and ${items.length - shown.length} more`]
}

function topicHead(columns: number): string {
  return row(columns, 'TOPIC', ['EVENTS/S', 'BYTES/S', 'EVENTS'])
}

function topicLine({ topic, eventsPerSecond, bytesPerSecond, events }: TopicRate, columns: number): string {
  const name = topic === '' ? '(other topics)' : safeText(topic)
  return row(columns, name, [rate(eventsPerSecond), bytes(bytesPerSecond), whole.format(events)])
}

function readerHead(columns: number): string {
  return row(columns, 'READER', ['EVENTS/S', 'BEHIND', 'LOST'])
}

function readerLine(reader: ReaderRate, columns: number): string {
  const { name, dialect, prefix, match, filter, deliveredPerSecond, lag, dropped } = reader
  const texts = [name, dialect, list(prefix) || 'everything', list(match), filter]
  const who = texts.filter(text => text !== undefined && text !== '').join('  ')
  const speed = deliveredPerSecond === null ? '-' : rate(deliveredPerSecond)
  return row(columns, safeText(who), [speed, whole.format(lag), whole.format(dropped)])
}

function list(texts: string | readonly string[] | undefined): string {
  return typeof texts === 'string' ? texts : (texts ?? []).join(' ')
}

/** A name and numbers; where it is narrow the last numbers go. */
function row(columns: number, name: string, numbers: readonly string[]): string {
  const fitting = numbers.slice(0, Math.max(1, Math.floor((columns - 16) / numberWidth)))
  const nameWidth = Math.max(1, Math.min(columns, 160) - fitting.length * numberWidth)
  return padWidth(name, nameWidth) + fitting.map(text => text.padStart(numberWidth)).join('')
}

function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? short.format(perSecond) : whole.format(perSecond)
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 ? whole.format(value) : short.format(value)} ${units[unit] ?? ''}`
}
