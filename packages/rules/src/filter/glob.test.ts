import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsGlob } from './glob.js'

describe('a glob', () => {
  it('takes what the regular expression of the same meaning takes', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(letters, pattern, (text, glob) => {
        const expression = glob.replaceAll('.', '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]')
        expect(fitsGlob(text, glob)).toBe(new RegExp(`^(?:${expression})$`).test(text))
      }),
      { numRuns: 1000 }
    )
  })

  it('takes no more steps than text times pattern', () => {
    const text = 'a'.repeat(4096)
    const start = performance.now()
    expect(fitsGlob(text, `${'*a'.repeat(127)}*b`)).toBe(false)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
