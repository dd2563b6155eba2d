import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EventBatch, EventQueue } from './event-queue.js'

const text = (batch: EventBatch): string => batch.bytes.toString('utf8', batch.start, batch.length)

/** Takes everything out. */
function drain(queue: EventQueue): string {
  let all = ''
  for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
    all += text(batch)
    queue.finish(batch)
  }
  return all
}

describe('the queue of an output', () => {
  it('gives events back in order, framed as they were put in', () => {
    const queue = new EventQueue(65_536)
    queue.push('', 'line', true)
    queue.push('<30>1 ', 'größer', false)
    queue.push('', Uint8Array.of(0x61, 0x62), false)
    expect(drain(queue)).toBe('line\n<30>1 größerab')
    expect(queue.bytes).toBe(0)
  })

  it('knows where each event of a batch begins and ends', () => {
    const queue = new EventQueue(65_536)
    for (const event of ['a', 'bc', 'def']) queue.push('', event, false)
    const batch = queue.take()
    expect(batch?.ends).toEqual([1, 3, 6])
    if (batch === undefined) return
    batch.done = 1
    expect([batch.start, batch.pendingBytes, batch.pendingEvents, text(batch)]).toEqual([1, 5, 2, 'bcdef'])
    queue.putBack(batch)
    expect(queue.bytes).toBe(5)
    expect(drain(queue)).toBe('bcdef')
  })

  it('makes larger batches while nobody takes them, up to an eighth of what may wait', () => {
    const queue = new EventQueue(4_194_304)
    for (let i = 0; i < 3000; i++) queue.push('', 'x'.repeat(1023), true)
    const lengths: number[] = []
    for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
      lengths.push(batch.length)
      queue.finish(batch)
    }
    expect(lengths.slice(0, 5)).toEqual([65_536, 131_072, 262_144, 524_288, 524_288])
    queue.push('', 'x', true)
    expect(queue.take()?.bytes).toHaveLength(65_536)
    expect(queue.dropped).toBe(0)
  })

  it('refuses an event that is larger than all of it', () => {
    const queue = new EventQueue(65_536)
    expect(queue.push('', 'x'.repeat(65_537), false)).toBe(false)
    expect(queue.push('', 'x'.repeat(65_536), false)).toBe(true)
    expect(drain(queue)).toHaveLength(65_536)
  })

  it('never lets go of a batch that is being written', () => {
    const queue = new EventQueue(65_536)
    queue.push('', 'the one that is being written', true)
    const taken = queue.take()
    for (let i = 0; i < 1000; i++) queue.push('', 'x'.repeat(999), true)
    expect(taken && text(taken)).toBe('the one that is being written\n')
    expect(queue.bytes).toBeLessThanOrEqual(65_536)
  })

  it('loses whole events, the oldest, exactly as many as it counts, and stays within its bound', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 9000 }).map(length => ({ push: length })) },
      { weight: 2, arbitrary: fc.constantFrom('take', 'finish', 'putBack') }
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), steps => {
        const queue = new EventQueue(65_536)
        let pushed = 0
        let told = 0
        let taken: EventBatch | undefined
        const got: number[] = []
        const read = (batch: EventBatch): void => {
          for (const line of text(batch).split('\n').slice(0, -1)) got.push(Number.parseInt(line, 10))
          queue.finish(batch)
        }
        for (const one of steps) {
          if (typeof one === 'object') {
            expect(queue.push('', `${pushed} `.padEnd(one.push, 'x'), true)).toBe(true)
            pushed += 1
          } else if (one === 'take') taken ??= queue.take()
          else if (taken !== undefined) {
            if (one === 'finish') read(taken)
            else queue.putBack(taken)
            taken = undefined
          }
          expect(queue.bytes).toBeLessThanOrEqual(65_536 + 9001)
          told += queue.takeLoss()
        }
        if (taken !== undefined) read(taken)
        for (let batch = queue.take(); batch !== undefined; batch = queue.take()) read(batch)
        expect(got).toEqual(got.toSorted((a, b) => a - b))
        expect(got.length + queue.dropped).toBe(pushed)
        expect(told).toBe(queue.dropped)
        expect(queue.bytes).toBe(0)
      }),
      { numRuns: 100 }
    )
  })
})
