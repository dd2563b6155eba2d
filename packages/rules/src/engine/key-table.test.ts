import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyState, KeyTable } from './key-table.js'
import { Memory } from './memory.js'

const owner = { summarise: (): void => undefined }

describe('the keys of a rule', () => {
  it('are those that were used last', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'abcdefgh')), fc.integer({ min: 1, max: 5 }), (uses, most) => {
        const forgotten: string[] = []
        const table = new KeyTable(most, new Memory(1e9), ({ name }) => forgotten.push(String(name)))
        const expected: string[] = []
        const gone: string[] = []
        for (const key of uses) {
          table.use(key, () => new KeyState(owner, key, {}, undefined))
          const before = expected.indexOf(key)
          if (before >= 0) expected.splice(before, 1)
          expected.push(key)
          if (expected.length > most) gone.push(...expected.splice(0, 1))
        }
        expect([...table.states()].map(({ name }) => name).sort()).toEqual([...expected].sort())
        expect(forgotten).toEqual(gone)
        expect(table).toMatchObject({ size: expected.length, evicted: gone.length })
      })
    )
  })

  it('share their memory with those of other rules, and the rule that remembers most forgets', () => {
    const forgotten: string[] = []
    const memory = new Memory(100_000)
    const [one, other] = ['one', 'other'].map(rule => {
      return new KeyTable(1000, memory, ({ name }) => forgotten.push(`${rule} ${name}`))
    }) as [KeyTable, KeyTable]
    const use = (table: KeyTable, key: number): KeyState =>
      table.use(key, () => new KeyState(owner, key, {}, undefined))
    other.remember(use(other, 0), 10_000)
    for (let key = 0; key < 1000; key++) use(one, key)
    expect(memory.bytes).toBe(one.bytes + other.bytes)
    expect(memory.bytes).toBeLessThanOrEqual(100_000)
    expect(one.size).toBeGreaterThan(150)
    expect(other.size).toBe(1)
    expect(forgotten.slice(0, 2)).toEqual(['one 0', 'one 1'])
    expect(one.evicted).toBe(1000 - one.size)
    // The key in use stays, even if it is alone too large.
    other.remember(use(other, 1), 200_000)
    expect([one.size, other.size]).toEqual([0, 1])
    other.remember(use(other, 1), -200_000)
    expect(memory.bytes).toBe(other.bytes)
    other.clear()
    expect(memory.bytes).toBe(0)
  })

  it('never remember more together than they may, whatever is used, kept and let go', () => {
    const step = fc.record({
      table: fc.nat(2),
      key: fc.nat(9),
      more: fc.integer({ min: -3000, max: 3000 }),
      clear: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const memory = new Memory(20_000)
        const tables = [5, 10, 10].map(most => new KeyTable(most, memory, () => undefined))
        for (const { table: at, key, more, clear } of steps) {
          const table = tables[at]
          if (table === undefined) continue
          if (clear && more > 2500) table.clear()
          const state = table.use(key, () => new KeyState(owner, key, {}, undefined))
          table.remember(state, Math.max(more, 512 - state.bytes))
          const states = tables.flatMap(one => [...one.states()])
          expect(states).toContain(state)
          expect(memory.bytes).toBe(states.reduce((sum, { bytes }) => sum + bytes, 0))
          expect(memory.bytes).toBeLessThanOrEqual(Math.max(20_000, state.bytes))
        }
      })
    )
  })
})
