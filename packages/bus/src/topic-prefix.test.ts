import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTopicMatcher, reducePrefixes } from './topic-prefix.js'

describe('topic prefixes', () => {
  it('match the same topics reduced as they did before', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 5 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), word, (prefixes, topic) => {
        const reduced = reducePrefixes(prefixes)
        expect(createTopicMatcher(reduced)(topic)).toBe(prefixes.some(prefix => topic.startsWith(prefix)))
        for (const one of reduced) expect(reduced.filter(other => one.startsWith(other))).toEqual([one])
      })
    )
  })

  it('refuse what is none', () => {
    expect(() => reducePrefixes([])).toThrow(/^prefix: /)
    expect(() => reducePrefixes([1 as unknown as string])).toThrow(/^prefix: expected a string, got number/)
  })
})
