import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchQueue } from './batch-queue.js'

describe('BatchQueue', () => {
  it('is a queue that loses only its oldest, and stays below its bound', () => {
    const sizes = fc.array(fc.option(fc.integer({ min: 1, max: 900 })), { maxLength: 200 })
    fc.assert(
      fc.property(sizes, steps => {
        const queue = new BatchQueue<Buffer>(3000)
        let model: Buffer[] = []
        for (const size of steps) {
          if (size === null) {
            expect(queue.shift()).toBe(model.shift())
            continue
          }
          const entry = Buffer.alloc(size)
          model.push(entry)
          const lost = queue.push(entry)
          expect(lost).toEqual(model.slice(0, lost.length))
          model = model.slice(lost.length)
          expect(model.reduce((bytes, one) => bytes + one.length, 0)).toBeLessThanOrEqual(3000)
          expect(model.at(-1)).toBe(entry)
        }
        for (const entry of model) expect(queue.shift()).toBe(entry)
        expect(queue.shift()).toBeUndefined()
      })
    )
  })

  it('keeps an entry that is larger than the bound alone', () => {
    const queue = new BatchQueue<Buffer>(100)
    expect(queue.push(Buffer.alloc(1000, 1))).toEqual([])
    expect(queue.push(Buffer.alloc(1000, 2))).toHaveLength(1)
    expect(queue.shift()?.[0]).toBe(2)
  })
})
