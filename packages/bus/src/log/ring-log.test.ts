import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { parseGap } from '../gap.js'
import { formatLine } from '../newline-json/line-format.js'
import { createTopicFilter } from '../topic-pattern.js'
import type { Cursor, CursorOptions } from './cursor.js'
import type { LineRun } from './line-run.js'
import { RingLog } from './ring-log.js'

const ignore = { onReadable: (): void => undefined }
const everything: CursorOptions = { topics: createTopicFilter(['']) }

/** A log whose rings all have one size. */
function smallLog(ringBytes: number, maxLineBytes: number): RingLog {
  return new RingLog({ maxLineBytes, otherBytes: ringBytes, otherTotalBytes: 8 * ringBytes, maxRings: 4 })
}

/** A line with its number in it, of about that many bytes. */
function numbered(seq: number, bytes: number): Buffer {
  return Buffer.from(`${String(seq).padEnd(bytes, '.')}\n`)
}

/** A reader that asked for gaps, and what it must see: every wanted line is either read, in order, or told to be lost. */
interface Reader {
  cursor: Cursor
  wants: (topic: string, seq: number) => boolean
  isFiltered: boolean
  expected: number[]
  delivered: number[]
  gaps: { from: number; to: number; lost: number; atMost?: true }[]
}

function readSome(reader: Reader, maxBytes: number): LineRun | undefined {
  const run = reader.cursor.read(maxBytes)
  if (run === undefined) return undefined
  expect(run.length <= maxBytes || run.count === 1).toBe(true)
  const [first] = run.events()
  const last = reader.delivered.at(-1) ?? 0
  if (first?.topic === 'bus:gap') {
    const gap = parseGap(first.value) as Reader['gaps'][number]
    expect(gap.from).toBeGreaterThan(last)
    reader.gaps.push(gap)
    return run
  }
  for (const { seq, value } of run.events()) {
    expect(seq).toBe(Number.parseInt(value, 10))
    expect(seq).toBeGreaterThan(reader.delivered.at(-1) ?? 0)
    reader.delivered.push(seq)
  }
  return run
}

/** A line with its number in it, of about that many bytes. */
function event(topic: string, seq: number, bytes: number): Buffer {
  return Buffer.from(formatLine(topic, String(seq).padEnd(bytes - 40, '.')))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

describe('RingLog', () => {
  it('gives every reader each wanted line or counts it as lost, in order, whatever the interleaving', () => {
    const append = fc.record({
      do: fc.constant('append' as const),
      topic: fc.constantFrom('a', 'a:x', 'ab', 'b:y', 'c', 'd'),
      bytes: fc.integer({ min: 45, max: 250 }),
      times: fc.integer({ min: 1, max: 8 })
    })
    const read = fc.record({
      do: fc.constant('read' as const),
      reader: fc.nat(),
      maxBytes: fc.integer({ min: 1, max: 600 }),
      pin: fc.boolean()
    })
    const open = fc.record({
      do: fc.constant('open' as const),
      prefix: fc.constantFrom('', 'a', 'ab', 'b', 'b:', 'z'),
      filtered: fc.boolean()
    })
    const command = fc.oneof(
      { weight: 6, arbitrary: append },
      { weight: 4, arbitrary: read },
      { weight: 1, arbitrary: open }
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 150 }), commands => {
        const log = new RingLog({
          maxLineBytes: 256,
          named: { b: 2048 },
          otherBytes: 2048,
          otherTotalBytes: 3072,
          maxRings: 2
        })
        const readers: Reader[] = []
        const pinned: { bytes: Buffer; text: string }[] = []
        for (const step of commands) {
          if (step.do === 'open') readers.push(openReader(log, step.prefix, step.filtered))
          else if (step.do === 'append') {
            for (let time = 0; time < step.times; time += 1) {
              const seq = log.append(event(step.topic, log.seq + 1, step.bytes), step.topic)
              for (const reader of readers) if (reader.wants(step.topic, seq)) reader.expected.push(seq)
            }
          } else {
            const reader = readers[step.reader % Math.max(1, readers.length)]
            if (reader === undefined) continue
            const run = readSome(reader, step.maxBytes)
            // A write in flight: its bytes must stay what they are, however far the log goes on.
            if (step.pin && run) {
              run.pin()
              pinned.push({ bytes: run.bytes, text: run.bytes.toString() })
            }
          }
        }
        expect(log.heldBytes).toBeLessThanOrEqual(2048 + 3072)
        for (const reader of readers) {
          while (readSome(reader, 300));
          checkAll(reader)
        }
        for (const { bytes, text } of pinned) expect(bytes.toString()).toBe(text)
      }),
      { numRuns: 300 }
    )
  })

  it('hides nothing that is undecided behind a filter that has much to look at', async () => {
    const log = smallLog(1 << 20, 1024)
    const seen: number[] = []
    const filter = ({ seq }: { seq: number }): boolean => seq % 700 === 0
    const cursor = log.openCursor(
      { ...everything, filter },
      {
        onReadable: () => {
          for (let events = cursor.readEvents(1000); events; events = cursor.readEvents(1000)) {
            seen.push(...events.map(({ seq }) => seq))
          }
          cursor.wait()
        }
      }
    )
    cursor.wait()
    for (let seq = 1; seq <= 1200; seq += 1)
      log.append(event(seq % 2 === 0 ? 'a' : 'b', seq, 45), seq % 2 === 0 ? 'a' : 'b')
    await turn()
    // One slice is all it gets in a turn; it goes on in the next without a further event.
    expect(seen).toEqual([])
    await vi.waitFor(() => expect(seen).toEqual([700]))
  })

  it('does not let a flood push out what other topics hold', () => {
    const log = new RingLog({
      maxLineBytes: 256,
      named: { nft: 16 * 1024 },
      otherBytes: 16 * 1024,
      otherTotalBytes: 16 * 1024,
      maxRings: 4
    })
    const cursor = log.openCursor({ topics: createTopicFilter(['alert:', 'nft:']), gaps: true }, ignore)
    log.append(event('alert:x', 1, 100), 'alert:x')
    for (let seq = 2; seq < 5000; seq += 1) log.append(event('nft:in', seq, 200), 'nft:in')
    // Other first tokens share what there is for them, and the largest of them gives way.
    for (let seq = 5000; seq < 9000; seq += 1) log.append(event(`x${seq}:`, seq, 200), `x${seq}:`)
    expect(cursor.readEvents(1e6)?.map(({ topic }) => topic)).toEqual(['alert:x'])
    expect(cursor.readEvents(1e6)?.map(({ topic }) => topic)).toEqual(['bus:gap'])
    let last = 0
    for (let events = cursor.readEvents(1e6); events; events = cursor.readEvents(1e6)) last = events.at(-1)?.seq ?? 0
    expect(last).toBe(4999)
    expect(log.heldBytes).toBeLessThanOrEqual(32 * 1024)
  })

  it('never holds more than it may, and a small share of that is all it wastes', () => {
    const log = smallLog(64 * 1024, 16 * 1024)
    const cursor = log.openCursor(everything, ignore)
    for (let seq = 0; seq < 10_000; seq += 1) log.append(numbered(seq, 100), 't')
    let bytes = 0
    for (let run = cursor.read(Number.MAX_SAFE_INTEGER); run; run = cursor.read(Number.MAX_SAFE_INTEGER))
      bytes += run.length
    expect(bytes).toBeLessThanOrEqual(64 * 1024)
    expect(bytes).toBeGreaterThan(48 * 1024)
    expect(cursor.dropped + Math.round(bytes / 101)).toBe(10_000)
    expect(log.evictedLines).toBe(cursor.dropped)
  })

  it('shows a cursor nothing of the time before it was opened', () => {
    const log = smallLog(4096, 256)
    log.append(numbered(1, 10), 't')
    const cursor = log.openCursor(everything, ignore)
    expect(cursor.read(1000)).toBeUndefined()
    log.append(numbered(2, 10), 't')
    expect(cursor.read(1000)?.bytes.toString()).toBe('2.........\n')
  })

  it('leaves a line alone that has no brace to put a number behind', () => {
    const log = smallLog(4096, 256)
    const cursor = log.openCursor(everything, ignore)
    log.append(Buffer.from('no brace\n'), 't')
    log.append(Buffer.from('{}\n'), 't')
    const target = Buffer.alloc(100)
    const end = cursor.read(4096)?.copyNumberedTo(target, 0)
    expect(target.toString('utf8', 0, end)).toBe('no brace\n{"seq":2,}\n')
  })

  it('wakes a waiting reader once for many lines, and not again until it waits again', async () => {
    const log = smallLog(1 << 20, 1024)
    const onReadable = vi.fn()
    const cursor = log.openCursor(everything, { onReadable })
    log.append(numbered(0, 10), 't')
    await turn()
    expect(onReadable).not.toHaveBeenCalled()
    cursor.wait()
    for (let seq = 0; seq < 100; seq += 1) log.append(numbered(seq, 10), 't')
    expect(onReadable).not.toHaveBeenCalled()
    await turn()
    expect(onReadable).toHaveBeenCalledTimes(1)
    log.append(numbered(0, 10), 't')
    await turn()
    expect(onReadable).toHaveBeenCalledTimes(1)
  })

  it('wakes readers from inside an append when the event loop does not come round', () => {
    const log = smallLog(1 << 20, 1024)
    const read: number[] = []
    const cursor = log.openCursor(everything, {
      onReadable: () => {
        for (let run = cursor.read(1e6); run; run = cursor.read(1e6)) read.push(run.count)
        cursor.wait()
      }
    })
    cursor.wait()
    for (let seq = 0; seq < 100_000; seq += 1) log.append(numbered(seq, 100), 't')
    expect(cursor.dropped).toBe(0)
    expect(read.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(99_000)
  })

  it('wakes nobody who was closed, and counts nothing for them', async () => {
    const log = smallLog(4096, 256)
    const onReadable = vi.fn()
    const cursor = log.openCursor(everything, { onReadable })
    cursor.wait()
    cursor.close()
    cursor.wait()
    for (let seq = 0; seq < 1000; seq += 1) log.append(numbered(seq, 50), 't')
    await turn()
    expect({ calls: onReadable.mock.calls.length, dropped: cursor.dropped, cursors: log.cursors }).toEqual({
      calls: 0,
      dropped: 0,
      cursors: 0
    })
  })
})

function openReader(log: RingLog, prefix: string, isFiltered: boolean): Reader {
  const topics = createTopicFilter([prefix])
  const passes = (seq: number): boolean => !isFiltered || seq % 3 === 0
  const filter = isFiltered ? ({ seq }: { seq: number }): boolean => passes(seq) : undefined
  return {
    cursor: log.openCursor({ topics, filter, gaps: true }, ignore),
    wants: (topic, seq) => topics.wants(topic) && passes(seq),
    isFiltered,
    expected: [],
    delivered: [],
    gaps: []
  }
}

function checkAll({ cursor, expected, delivered, gaps, isFiltered }: Reader): void {
  const got = new Set(delivered)
  const missing = expected.filter(seq => !got.has(seq))
  expect(delivered.length + missing.length).toBe(expected.length)
  for (const seq of missing) expect(gaps.some(({ from, to }) => from <= seq && seq <= to)).toBe(true)
  for (const { from, to, atMost } of gaps) {
    expect(got.has(from) || got.has(to)).toBe(false)
    expect(atMost === true).toBe(isFiltered)
  }
  const lost = sum(gaps.map(gap => gap.lost))
  expect(lost).toBe(cursor.dropped)
  if (isFiltered) expect(lost).toBeGreaterThanOrEqual(missing.length)
  else expect(lost).toBe(missing.length)
  expect(cursor.delivered).toBe(delivered.length)
}
