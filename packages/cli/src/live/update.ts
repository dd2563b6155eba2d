import type { BusEvent, FilterCompiler } from '@packet-logs/bus'
import { gapOf } from '../subscribe/gap-line.js'
import { detailLines } from './detail.js'
import { append, type EventList, emptyList, indexOf, type LiveEvent, merge } from './event-list.js'
import type { Key, KeyName } from './keys.js'
import {
  appendMerging,
  type Buffers,
  bodyRows,
  isWanted,
  type LiveState,
  type Message,
  type Mode,
  visibleList,
  type Wanted
} from './state.js'
import { createTextField, editText } from './text-field.js'

const pulseLength = 4

/** The view after something happened. */
export function update(state: LiveState, message: Message, compile: FilterCompiler): LiveState {
  switch (message.type) {
    case 'events':
      return takeEvents(state, message.events, message.atMs)
    case 'key':
      return takeKey(state, message.key, compile)
    case 'resize':
      return { ...state, size: message.size }
    case 'tick':
      return { ...state, pulse: [...state.pulse, { atMs: message.atMs, seen: state.seen }].slice(-pulseLength) }
    case 'connection':
      return { ...state, connection: message.connection }
  }
}

function takeEvents(state: LiveState, events: readonly BusEvent[], atMs: number): LiveState {
  let { numbered, seen, lost, lostUnknown } = state
  const taken = events.map((event): LiveEvent => {
    const gap = gapOf(event)
    if (gap) {
      lost += gap.lost ?? 0
      lostUnknown ||= gap.lost === null
    } else seen++
    return { topic: event.topic, value: event.value, number: ++numbered, atMs, ...(gap && { gap }) }
  })
  const wanted = isEverything(state.wanted) ? taken : taken.filter(event => isWanted(event, state.wanted))
  const matched = state.matched + wanted.reduce((count, { gap }) => count + (gap ? 0 : 1), 0)
  const recent = appendMerging(state.live.recent, taken)
  const shown = isEverything(state.wanted) ? recent : appendMerging(state.live.shown, wanted)
  return { ...state, live: { recent, shown }, numbered, seen, matched, lost, lostUnknown }
}

function isEverything({ topic, filter }: Wanted): boolean {
  return topic === '' && !filter
}

/** What is wanted changed: looks through everything that is still there. */
function want(state: LiveState, wanted: Wanted): LiveState {
  const sift = ({ recent, shown }: Buffers): Buffers => {
    if (isEverything(wanted)) return { recent, shown: recent }
    const events = merge(recent, shown).filter(event => isWanted(event, wanted))
    return { recent, shown: append(emptyList, events) }
  }
  const live = sift(state.live)
  const matched = live.shown.events.reduce((count, { gap }) => count + (gap ? 0 : 1), 0)
  return { ...state, wanted, live, matched, ...(state.frozen && { frozen: sift(state.frozen) }) }
}

function takeKey(state: LiveState, key: Key, compile: FilterCompiler): LiveState {
  if ('name' in key && key.name === 'interrupt') return { ...state, isOver: true }
  const { mode } = state
  switch (mode.name) {
    case 'filter':
    case 'topic':
      return takeTyping(state, mode, key, compile)
    case 'detail':
      return takeDetailKey(state, mode, key)
    case 'help':
      return isText(key, 'q') ? { ...state, isOver: true } : { ...state, mode: { name: 'list' } }
    case 'list':
      return takeListKey(state, key)
  }
}

function takeListKey(state: LiveState, key: Key): LiveState {
  if ('name' in key) {
    if (key.name === 'enter') return openDetail(state)
    if (key.name === 'escape') return follow(state)
    return move(state, key.name)
  }
  switch (key.text) {
    case 'q':
      return { ...state, isOver: true }
    case ' ':
      return togglePause(state)
    case '/':
      return type(state, 'filter', state.wanted.filter?.source ?? '')
    case 't':
      return type(state, 'topic', state.wanted.topic)
    case '?':
    case 'h':
      return { ...state, mode: { name: 'help' } }
    case 'c':
      return { ...follow(resume(state)), live: { recent: emptyList, shown: emptyList } }
    case 'j':
      return move(state, 'down')
    case 'k':
      return move(state, 'up')
    case 'g':
      return move(state, 'home')
    case 'G':
      return move(state, 'end')
    default:
      return state
  }
}

function togglePause(state: LiveState): LiveState {
  return state.frozen ? resume(state) : { ...state, frozen: state.live }
}

function resume(state: LiveState): LiveState {
  const { frozen: _frozen, ...resumed } = state
  return resumed
}

function follow(state: LiveState): LiveState {
  const { selected: _selected, bottom: _bottom, ...following } = state
  return following
}

function type(state: LiveState, name: 'filter' | 'topic', text: string): LiveState {
  return { ...state, mode: { name, field: createTextField(text), before: state.wanted } }
}

function takeTyping(
  state: LiveState,
  mode: Mode & { name: 'filter' | 'topic' },
  key: Key,
  compile: FilterCompiler
): LiveState {
  if ('name' in key && key.name === 'escape') return want({ ...state, mode: { name: 'list' } }, mode.before)
  if ('name' in key && key.name === 'enter') {
    return mode.error === undefined ? { ...state, mode: { name: 'list' } } : state
  }
  const field = editText(mode.field, key)
  if (field.text === mode.field.text) return { ...state, mode: { ...mode, field } }
  const { error: _error, ...typing } = { ...mode, field }
  if (mode.name === 'topic') {
    return want({ ...state, mode: typing }, { ...state.wanted, topic: field.text })
  }
  const source = field.text.trim()
  const { filter: _filter, ...wanted } = state.wanted
  if (source === '') return want({ ...state, mode: typing }, wanted)
  try {
    const matches = compile(source)
    return want({ ...state, mode: typing }, { ...wanted, filter: { source, matches } })
  } catch (error) {
    // While it cannot be understood, the one before it stays.
    return { ...state, mode: { ...typing, error: error instanceof Error ? error.message : String(error) } }
  }
}

/** Chooses another event; below the last one the view follows again. */
function move(state: LiveState, name: KeyName): LiveState {
  const list = visibleList(state)
  const rows = Math.max(1, bodyRows(state))
  const last = list.events.length - 1
  if (last < 0) return state
  const at = state.selected === undefined ? undefined : indexOf(list, state.selected)
  const bottom = state.bottom === undefined ? last : indexOf(list, state.bottom)
  switch (name) {
    case 'up':
      return select(state, list, at === undefined ? last : at - 1, bottom)
    case 'page-up':
      return select(state, list, (at ?? last) - rows, bottom - rows)
    case 'home':
      return select(state, list, 0, rows - 1)
    case 'down':
    case 'page-down': {
      if (at === undefined || at === last) return follow(state)
      const step = name === 'down' ? 1 : rows
      return select(state, list, at + step, name === 'down' ? bottom : bottom + rows)
    }
    case 'end':
      return follow(state)
    default:
      return state
  }
}

/** Chooses the event at that place, and keeps it on the screen. */
function select(state: LiveState, { events }: EventList, place: number, bottomPlace: number): LiveState {
  const rows = Math.max(1, bodyRows(state))
  const last = events.length - 1
  const at = Math.min(Math.max(place, 0), last)
  const lowest = Math.min(Math.max(bottomPlace, at), at + rows - 1, last)
  const bottom = Math.max(lowest, Math.min(rows - 1, last))
  const selected = events[at]
  const bottomEvent = events[bottom]
  return selected && bottomEvent ? { ...state, selected: selected.number, bottom: bottomEvent.number } : state
}

function openDetail(state: LiveState): LiveState {
  const list = visibleList(state)
  const at = state.selected === undefined ? list.events.length - 1 : indexOf(list, state.selected)
  const event = list.events[at]
  if (!event) return state
  const chosen = state.selected === undefined ? select(state, list, at, at) : state
  return { ...chosen, mode: { name: 'detail', event, top: 0, asJson: false } }
}

function takeDetailKey(state: LiveState, mode: Mode & { name: 'detail' }, key: Key): LiveState {
  const rows = Math.max(1, bodyRows(state))
  const scroll = (by: number): LiveState => {
    const lowest = Math.max(0, detailLines(mode.event, state.size.columns, mode.asJson).length - rows)
    return { ...state, mode: { ...mode, top: Math.max(0, Math.min(mode.top + by, lowest)) } }
  }
  if ('text' in key) {
    if (key.text === 'q') return { ...state, isOver: true }
    if (key.text === ' ') return scroll(rows)
    if (key.text === 'j') return { ...state, mode: { ...mode, asJson: !mode.asJson, top: 0 } }
    return state
  }
  switch (key.name) {
    case 'up':
      return scroll(-1)
    case 'down':
      return scroll(1)
    case 'page-up':
      return scroll(-rows)
    case 'page-down':
      return scroll(rows)
    case 'home':
      return scroll(-mode.top)
    case 'end':
      return scroll(Number.MAX_SAFE_INTEGER)
    case 'left':
    case 'right': {
      const moved = move({ ...state, selected: mode.event.number }, key.name === 'left' ? 'up' : 'down')
      // The last one has no next.
      if (moved.selected === undefined) return state
      const opened = openDetail(moved)
      return opened.mode.name === 'detail' ? { ...opened, mode: { ...opened.mode, asJson: mode.asJson } } : opened
    }
    case 'enter':
    case 'escape':
    case 'backspace':
      return { ...state, mode: { name: 'list' } }
    default:
      return state
  }
}

function isText(key: Key, text: string): boolean {
  return 'text' in key && key.text === text
}
