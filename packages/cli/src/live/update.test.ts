import { stripVTControlCharacters } from 'node:util'
import type { BusEvent } from '@packet-logs/bus'
import { createFilterCompiler } from '@packet-logs/rules'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxCharacters, maxEvents } from './event-list.js'
import type { Key, KeyName } from './keys.js'
import { createLiveState, type LiveState, type Message, rateOf, visibleList } from './state.js'
import { update } from './update.js'
import { render } from './view.js'
import { textWidth } from './width.js'

const compile = createFilterCompiler()
const start = createLiveState('/run/bus.sock', { columns: 80, rows: 12 })

function after(state: LiveState, ...messages: Message[]): LiveState {
  return messages.reduce((before, message) => update(before, message, compile), state)
}

function events(...topics: string[]): Message {
  return {
    type: 'events',
    events: topics.map((topic, at): BusEvent => ({ topic, value: `{"at":${at}}` })),
    atMs: 0
  }
}

/** Names of keys, or text that is typed character by character. */
function keys(...pressed: (KeyName | { type: string })[]): Message[] {
  return pressed
    .flatMap((key): Key[] => (typeof key === 'string' ? [{ name: key }] : [...key.type].map(text => ({ text }))))
    .map(key => ({ type: 'key', key }))
}

function gap(lost: number | null, where = 'reader'): Message {
  return { type: 'events', events: [{ topic: 'bus:gap', value: JSON.stringify({ lost, where }) }], atMs: 0 }
}

const topics = (state: LiveState): readonly string[] => visibleList(state).events.map(({ topic }) => topic)
const screen = (state: LiveState): readonly string[] => render(state).lines.map(stripVTControlCharacters)

describe('the live view', () => {
  it('keeps the last events, bounded in number and size', () => {
    const many = after(start, ...Array.from({ length: 12 }, () => events(...Array.from({ length: 500 }, () => 'x'))))
    expect(visibleList(many).events).toHaveLength(maxEvents)
    expect(visibleList(many).events.at(-1)?.number).toBe(6_000)
    expect(many.seen).toBe(6_000)
    const big = { topic: 't', value: 'x'.repeat(200_000) }
    const heavy = after(start, { type: 'events', events: Array.from({ length: 100 }, () => big), atMs: 0 })
    expect(visibleList(heavy).characters).toBeLessThanOrEqual(maxCharacters)
    expect(visibleList(heavy).characters).toBe(visibleList(heavy).events.length * 200_001)
  })

  it('stands still while paused, counts on, and goes on after', () => {
    const paused = after(start, events('a', 'b'), ...keys({ type: ' ' }), events('c'))
    expect(topics(paused)).toEqual(['a', 'b'])
    expect(paused.seen).toBe(3)
    expect(screen(paused).at(-1)).toContain(' paused  · 0/s · 3 events · 1 new')
    expect(topics(after(paused, ...keys({ type: ' ' })))).toEqual(['a', 'b', 'c'])
  })

  it('filters while it is typed, keeps the last filter that was understood, and goes back on escape', () => {
    const typed = after(start, events('a:1', 'b:1', 'a:2'), ...keys({ type: '/topic.startsWith("a")' }))
    expect(topics(typed)).toEqual(['a:1', 'a:2'])
    const broken = after(typed, ...keys({ type: ' && acton' }), events('a:3', 'b:3'))
    expect(topics(broken)).toEqual(['a:1', 'a:2', 'a:3'])
    expect(screen(broken).join('\n')).toContain("there is no field 'acton'")
    expect(after(broken, ...keys('enter')).mode.name).toBe('filter')
    expect(topics(after(broken, ...keys('escape')))).toEqual(['a:1', 'b:1', 'a:2', 'a:3', 'b:3'])
    const kept = after(typed, ...keys('enter'))
    expect(screen(kept).at(-1)).toContain('2 of 3 · filter topic.startsWith("a")')
    expect(topics(after(kept, ...keys({ type: '/' }, 'kill-line', 'enter')))).toEqual(['a:1', 'b:1', 'a:2'])
  })

  it('keeps what passed a filter when a flood of other events pushes everything out', () => {
    const flood = Array.from({ length: 12 }, () => events(...Array.from({ length: 500 }, () => 'flood')))
    const filtered = after(start, ...keys({ type: 't' }, { type: 'rare' }, 'enter'), events('rare:1'), ...flood)
    expect(topics(filtered)).toEqual(['rare:1'])
    expect(topics(after(filtered, ...keys({ type: 't:1' }, 'enter')))).toEqual(['rare:1'])
  })

  it('follows what comes until an event is chosen, and again below the last one', () => {
    const list = after(start, events(...Array.from({ length: 30 }, (_, at) => `t${at}`)))
    expect(screen(list)[10]).toContain('t29')
    const chosen = after(list, ...keys('up', 'up'), events('new'))
    expect(visibleList(chosen).events.find(({ number }) => number === chosen.selected)?.topic).toBe('t28')
    expect(screen(chosen)[10]).toContain('t29')
    expect(screen(after(list, ...keys('home')))[1]).toContain('t0')
    expect(screen(after(list, ...keys('up', 'page-up')))[10]).toContain('t19')
    expect(after(chosen, ...keys('down', 'down', 'down')).selected).toBeUndefined()
    expect(after(chosen, ...keys('escape')).selected).toBeUndefined()
  })

  it('shows an event as JSON, scrolls no further than its end, and goes to the next one', () => {
    const value = JSON.stringify({ list: Array.from({ length: 40 }, (_, at) => at) })
    const list = after(start, events('first'), { type: 'events', events: [{ topic: 'long', value }], atMs: 0 })
    const detail = after(list, ...keys('enter'))
    expect(screen(detail)[1]).toBe('topic   long')
    const end = after(detail, ...keys('page-down', 'page-down', 'page-down', 'page-down', 'page-down', 'page-down'))
    expect(screen(end)[10]).toBe('}')
    expect(screen(after(end, ...keys('up')))[10]).toBe('  ]')
    expect(screen(after(end, ...keys('left')))[1]).toBe('topic   first')
    expect(screen(after(end, ...keys('right')))[10]).toBe('}')
    expect(after(end, ...keys('escape')).mode.name).toBe('list')
  })

  it('adds up losses, neighbouring ones in one line, whatever the filter', () => {
    const state = after(start, ...keys({ type: 'tx' }, 'enter'), events('x'), gap(3), gap(4), events('y'), gap(null))
    expect(screen(state).slice(1, 4)).toEqual([
      expect.stringContaining('x {"at":0}') as string,
      '-- an unknown number of events lost (reader) --',
      ''
    ])
    expect(screen(state).at(-1)).toContain('7 or more lost')
    expect(screen(after(start, gap(3), gap(4)))[1]).toBe('-- 7 events lost (reader) --')
    expect(screen(after(start, gap(3), gap(4, 'kernel'))).slice(1, 3)).toEqual([
      '-- 3 events lost (reader) --',
      '-- 4 events lost (kernel) --'
    ])
  })

  it('tells the rate over the last seconds, and whether the bus is there', () => {
    const ticks = after(start, { type: 'tick', atMs: 1_000 }, events('a', 'b', 'c'), { type: 'tick', atMs: 2_500 })
    expect(rateOf(ticks)).toBe(2)
    expect(screen(after(ticks, { type: 'connection', connection: 'away' })).at(-1)).toContain('the bus is gone')
  })

  it('clears, helps and leaves', () => {
    expect(topics(after(start, events('a'), ...keys({ type: 'c' })))).toEqual([])
    expect(screen(after(start, ...keys({ type: '?' })))[1]).toContain('pause')
    expect(after(start, ...keys({ type: 'q' })).isOver).toBe(true)
    expect(after(start, ...keys({ type: '/q' })).isOver).toBe(false)
    expect(after(start, ...keys({ type: '/q' }, 'interrupt')).isOver).toBe(true)
  })

  it('fills any screen exactly, with anything in the events, after any keys', () => {
    const names = fc.constantFrom<KeyName>(
      'up',
      'down',
      'left',
      'right',
      'home',
      'end',
      'page-up',
      'page-down',
      'enter',
      'escape',
      'backspace'
    )
    const texts = fc.constantFrom('/', 't', ' ', '?', 'j', 'c', 'G', 'a', '=', '日')
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc
        .oneof(
          names.map(name => ({ name })),
          texts.map(text => ({ text }))
        )
        .map((key): Message => ({ type: 'key', key })),
      fc
        .string({ unit: 'binary' })
        .map((value): Message => ({ type: 'events', events: [{ topic: value, value }], atMs: 0 })),
      fc.json().map((value): Message => ({ type: 'events', events: [{ topic: 'j', value }], atMs: 0 })),
      fc
        .record({ columns: fc.integer({ min: 1, max: 60 }), rows: fc.integer({ min: 1, max: 12 }) })
        .map((size): Message => ({ type: 'resize', size }))
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 25 }), messages => {
        const state = after(start, ...messages)
        const { lines, cursor } = render(state)
        expect(lines).toHaveLength(state.size.rows)
        for (const line of lines) {
          const plain = stripVTControlCharacters(line)
          expect(plain).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          expect(textWidth(plain)).toBeLessThanOrEqual(state.size.columns)
        }
        if (cursor) expect(cursor.column).toBeLessThan(state.size.columns)
      }),
      { numRuns: 300 }
    )
  })
})
