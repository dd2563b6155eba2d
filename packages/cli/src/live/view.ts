import { stripVTControlCharacters } from 'node:util'
import { safeText } from '@packet-logs/decoder'
import pc from 'picocolors'
import { formatEventLine } from '../events/event-line.js'
import { formatGapLine } from '../subscribe/gap-line.js'
import { detailLines } from './detail.js'
import { indexOf, type LiveEvent } from './event-list.js'
import type { Frame } from './frame.js'
import { bodyRows, hasTitle, type LiveState, type Mode, rateOf, visibleList } from './state.js'
import { fitWidth, padWidth, textWidth } from './width.js'

const colors = pc.createColors(true)
const number = new Intl.NumberFormat('en')

const help = [
  'space         pause, and go on',
  '/             filter, such as: action == "blocked" && dst.port in [22, 23]',
  't             only topics that begin with …',
  'arrows, jk    choose an event; page up, page down, home; end or Esc follows again',
  'Enter         all about the chosen event; there: arrows scroll, left and right change the event, j shows JSON',
  'c             clear',
  'q, Ctrl-C     leave',
  '',
  'While something is typed: Enter keeps it, Esc goes back to what was before.'
]

/** The view as lines. */
export function render(state: LiveState): Frame {
  const { rows, columns } = state.size
  if (rows < 1 || columns < 1) return { lines: [] }
  const title = hasTitle(state) ? [colors.inverse(padWidth(` packet-logs  ${safeText(state.title)}`, columns))] : []
  const body = renderBody(state, bodyRows(state))
  const lines = [...title, ...body, renderStatus(state)].map(line => fitWidth(line, columns))
  const { mode } = state
  if (mode.name !== 'filter' && mode.name !== 'topic') return { lines }
  const { line, column } = renderField(mode, columns)
  return { lines: [...lines.slice(0, -1), line], cursor: { row: rows - 1, column } }
}

function renderBody(state: LiveState, rows: number): readonly string[] {
  if (state.mode.name === 'help') return filled(help, rows)
  if (state.mode.name === 'detail') {
    const lines = detailLines(state.mode.event, state.size.columns, state.mode.asJson)
    return filled(lines.slice(state.mode.top), rows)
  }
  if (state.mode.name !== 'filter' || state.mode.error === undefined) return renderList(state, rows)
  // Where there is hardly any room, knowing what is wrong matters more than the list.
  const error = state.mode.error.split('\n').slice(0, Math.min(rows, Math.max(1, rows - 1)))
  return [...renderList(state, rows - error.length), ...error.map(line => colors.red(line))]
}

function renderList(state: LiveState, rows: number): readonly string[] {
  if (rows <= 0) return []
  const list = visibleList(state)
  const { events } = list
  if (events.length === 0) return filled([colors.dim(whyEmpty(state))], rows)
  const bottom = state.bottom === undefined ? events.length - 1 : indexOf(list, state.bottom)
  const end = Math.min(events.length, Math.max(bottom + 1, rows))
  const selected = state.selected === undefined ? -1 : indexOf(list, state.selected)
  const first = Math.max(0, end - rows)
  const lines = events.slice(first, end).map((event, at) => {
    const line = squeezed(lineOf(event), state.size.columns)
    if (first + at !== selected) return line
    return colors.inverse(padWidth(stripVTControlCharacters(line), state.size.columns))
  })
  return filled(lines, rows)
}

function whyEmpty({ seen, connection, wanted }: LiveState): string {
  if (connection === 'over') return 'there are no events in it'
  if (seen === 0) return 'waiting for events; packet-logs doctor finds out why none come'
  return `none of ${number.format(seen)} events so far ${wanted.filter || wanted.topic !== '' ? 'passed' : 'is left'}`
}

/** Where there is no room for columns under each other, they are given up for what would be cut off. */
function squeezed(line: string, columns: number): string {
  const isTooLong = line.length > columns && textWidth(stripVTControlCharacters(line)) > columns
  return isTooLong ? line.replaceAll(/ {2,}/g, ' ') : line
}

const madeLines = new WeakMap<LiveEvent, string>()

function lineOf(event: LiveEvent): string {
  let line = madeLines.get(event)
  if (line === undefined) {
    line = event.gap ? colors.yellow(formatGapLine(event.gap)) : formatEventLine(event, colors, new Date(event.atMs))
    madeLines.set(event, line)
  }
  return line
}

function renderStatus(state: LiveState): string {
  const { connection, frozen, wanted, seen, lost, lostUnknown, live } = state
  const list = visibleList(state)
  const parts = [stateText(state), `${number.format(Math.round(rateOf(state)))}/s`]
  if (lost > 0 || lostUnknown) parts.push(colors.yellow(`${number.format(lost)}${lostUnknown ? ' or more' : ''} lost`))
  if (wanted.filter || wanted.topic !== '') parts.push(`${number.format(state.matched)} of ${number.format(seen)}`)
  else parts.push(`${number.format(seen)} ${seen === 1 ? 'event' : 'events'}`)
  if (frozen) {
    const newest = list.events.at(-1)?.number ?? 0
    const newer = live.shown.events.length - Math.max(0, firstAfter(live.shown.events, newest))
    parts.push(`${number.format(newer)} new`)
  }
  if (wanted.topic !== '') parts.push(`topic ${safeText(wanted.topic)}`)
  if (wanted.filter) parts.push(`filter ${safeText(wanted.filter.source)}`)
  if (connection === 'away') parts.push(colors.red('the bus is gone, waiting for it'))
  return `${parts.join(colors.dim(' · '))}${colors.dim(' · ? help')}`
}

function stateText({ mode, frozen, selected, connection }: LiveState): string {
  if (frozen) return colors.inverse(' paused ')
  if (connection === 'over') return colors.inverse(' end ')
  if (mode.name === 'detail') return 'detail'
  return selected === undefined ? colors.green('live') : 'chosen'
}

function firstAfter(events: readonly LiveEvent[], after: number): number {
  const at = events.findIndex(event => event.number > after)
  return at === -1 ? events.length : at
}

/** The field, scrolled so that the cursor is in it. */
function renderField(
  { name, field }: Mode & { name: 'filter' | 'topic' },
  columns: number
): { line: string; column: number } {
  const label = name === 'filter' ? '/' : 'topic: '
  const room = Math.max(1, columns - label.length - 1)
  let before = field.text.slice(0, field.cursor)
  while (textWidth(before) > room) before = before.slice(Math.max(1, firstCharacterLength(before)))
  const shown = before + field.text.slice(field.cursor)
  const column = label.length + textWidth(before)
  return { line: fitWidth(label + safeText(shown), columns), column: Math.min(column, columns - 1) }
}

function firstCharacterLength(text: string): number {
  const [character = ''] = text
  return character.length
}

function filled(lines: readonly string[], rows: number): readonly string[] {
  return [...lines.slice(0, rows), ...Array.from({ length: Math.max(0, rows - lines.length) }, () => '')]
}
