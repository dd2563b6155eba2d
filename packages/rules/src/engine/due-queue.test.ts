import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Due } from './due-queue.js'
import { DueQueue } from './due-queue.js'

it('gives back in order of time what was put in and not taken out', () => {
  const operations = fc.array(fc.record({ dueMs: fc.nat(50), removes: fc.option(fc.nat(30)) }), { maxLength: 60 })
  fc.assert(
    fc.property(operations, steps => {
      const queue = new DueQueue<Due>()
      const all: Due[] = []
      const inside = new Set<Due>()
      for (const { dueMs, removes } of steps) {
        const item: Due = { dueMs: 0, place: -1 }
        all.push(item)
        inside.add(item)
        queue.add(item, dueMs)
        const removed = removes === null ? undefined : all[removes]
        if (removed === undefined) continue
        queue.remove(removed)
        inside.delete(removed)
        expect(removed.place).toBe(-1)
      }
      const times: number[] = []
      for (let first = queue.first; first !== undefined; first = queue.first) {
        times.push(first.dueMs)
        expect(inside.delete(first)).toBe(true)
        queue.remove(first)
      }
      expect(inside.size).toBe(0)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    })
  )
})
