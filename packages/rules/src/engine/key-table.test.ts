import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyState, KeyTable } from './key-table.js'
import type { Window } from './windows.js'

const owner = { summarise: (): void => undefined }
const windowOf = (size: number): Window => ({ size, level: size, add: () => undefined })

describe('the keys of a rule', () => {
  it('are those that were used last', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'abcdefgh')), fc.integer({ min: 1, max: 5 }), (uses, most) => {
        const forgotten: string[] = []
        const table = new KeyTable(most, ({ name }) => forgotten.push(String(name)))
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

  it('remember a million matches and values together, and the least recently used make room', () => {
    const forgotten: string[] = []
    const table = new KeyTable(100, ({ name }) => forgotten.push(String(name)))
    for (const key of ['a', 'b', 'c']) table.use(key, () => new KeyState(owner, key, {}, windowOf(400_000)))
    table.remember(800_000)
    expect(forgotten).toEqual([])
    table.remember(400_000)
    expect(forgotten).toEqual(['a'])
    table.remember(1e9)
    expect(forgotten).toEqual(['a', 'b'])
    expect(table.size).toBe(1)
  })
})
