import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createTopicMatcher } from '../topic-prefix.js'
import type { Cursor, LineRun } from './cursor.js'
import { RingLog } from './ring-log.js'

const ignore = (): void => undefined

/** A line with its number in it, of about that many bytes. */
function numbered(seq: number, bytes: number): Buffer {
  return Buffer.from(`${String(seq).padEnd(bytes, '.')}\n`)
}

function seqsIn(bytes: Buffer): number[] {
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map(line => Number.parseInt(line, 10))
}

/** A reader and what it must see: every wanted line is either read, in order, or counted as lost, the oldest first. */
interface Reader {
  cursor: Cursor
  wants: (topic: string) => boolean
  expected: number[]
  delivered: number
}

function readSome(reader: Reader, maxBytes: number): LineRun | undefined {
  const run = reader.cursor.read(maxBytes)
  if (run === undefined) return undefined
  expect(run.length <= maxBytes || run.count === 1).toBe(true)
  const at = reader.delivered + reader.cursor.dropped
  expect(seqsIn(run.bytes)).toEqual(reader.expected.slice(at, at + run.count))
  reader.delivered += run.count
  return run
}

describe('RingLog', () => {
  it('gives every reader each wanted line or counts it as lost, whatever the interleaving', () => {
    const append = fc.record({
      do: fc.constant('append' as const),
      topic: fc.constantFrom('a', 'ab', 'b'),
      bytes: fc.integer({ min: 5, max: 250 }),
      times: fc.integer({ min: 1, max: 8 })
    })
    const read = fc.record({
      do: fc.constant('read' as const),
      reader: fc.nat(),
      maxBytes: fc.integer({ min: 1, max: 600 }),
      pin: fc.boolean()
    })
    const open = fc.record({ do: fc.constant('open' as const), prefix: fc.constantFrom('', 'a', 'ab', 'b', 'c') })
    const command = fc.oneof(
      { weight: 6, arbitrary: append },
      { weight: 4, arbitrary: read },
      { weight: 1, arbitrary: open }
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), commands => {
        const log = new RingLog({ ringBytes: 1024, maxLineBytes: 256 })
        const readers: Reader[] = []
        const pinned: { bytes: Buffer; text: string }[] = []
        let seq = 0
        for (const step of commands) {
          if (step.do === 'open') {
            const wants = createTopicMatcher([step.prefix])
            readers.push({ cursor: log.openCursor(wants, ignore), wants, expected: [], delivered: 0 })
          } else if (step.do === 'append') {
            for (let time = 0; time < step.times; time += 1) {
              log.append(numbered(seq, step.bytes), step.topic)
              for (const reader of readers) if (reader.wants(step.topic)) reader.expected.push(seq)
              seq += 1
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
        for (const reader of readers) {
          while (readSome(reader, 300));
          expect(reader.delivered + reader.cursor.dropped).toBe(reader.expected.length)
        }
        for (const { bytes, text } of pinned) expect(bytes.toString()).toBe(text)
      }),
      { numRuns: 300 }
    )
  })

  it('never holds more than it may, and a small share of that is all it wastes', () => {
    const log = new RingLog({ ringBytes: 64 * 1024, maxLineBytes: 16 * 1024 })
    const cursor = log.openCursor(() => true, ignore)
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
    const log = new RingLog({ ringBytes: 4096, maxLineBytes: 256 })
    log.append(numbered(1, 10), 't')
    const cursor = log.openCursor(() => true, ignore)
    expect(cursor.read(1000)).toBeUndefined()
    log.append(numbered(2, 10), 't')
    expect(cursor.read(1000)?.bytes.toString()).toBe('2.........\n')
  })

  it('wakes a waiting reader once for many lines, and not again until it waits again', async () => {
    const log = new RingLog({ ringBytes: 1 << 20, maxLineBytes: 1024 })
    const onReadable = vi.fn()
    const cursor = log.openCursor(() => true, onReadable)
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
    const log = new RingLog({ ringBytes: 1 << 20, maxLineBytes: 1024 })
    const read: number[] = []
    const cursor = log.openCursor(
      () => true,
      () => {
        for (let run = cursor.read(1e6); run; run = cursor.read(1e6)) read.push(run.count)
        cursor.wait()
      }
    )
    cursor.wait()
    for (let seq = 0; seq < 100_000; seq += 1) log.append(numbered(seq, 100), 't')
    expect(cursor.dropped).toBe(0)
    expect(read.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(99_000)
  })

  it('wakes nobody who was closed, and counts nothing for them', async () => {
    const log = new RingLog({ ringBytes: 4096, maxLineBytes: 256 })
    const onReadable = vi.fn()
    const cursor = log.openCursor(() => true, onReadable)
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
