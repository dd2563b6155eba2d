import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkPatterns,
  createPatternMatcher,
  createPrefixMatcher,
  createTopicFilter,
  firstToken,
  GAP_TOPIC,
  literalPrefix,
  reducePrefixes
} from './topic-pattern.js'

const word = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 6 })
const pattern = fc
  .array(fc.constantFrom('a', 'b', '', '*'), { minLength: 1, maxLength: 4 })
  .chain(tokens => fc.boolean().map(open => [...tokens, ...(open ? ['>'] : [])].join(':')))
  .filter(text => text !== '')

/** The obvious way. */
function matches(pattern: string, topic: string): boolean {
  const wanted = pattern.split(':')
  const tokens = topic.split(':')
  if (wanted.at(-1) === '>') {
    return tokens.length >= wanted.length && wanted.slice(0, -1).every((one, at) => one === '*' || one === tokens[at])
  }
  return tokens.length === wanted.length && wanted.every((one, at) => one === '*' || one === tokens[at])
}

describe('topic prefixes', () => {
  it('match the same topics reduced as they did before', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), word, (prefixes, topic) => {
        const reduced = reducePrefixes(prefixes)
        expect(createPrefixMatcher(reduced)(topic)).toBe(prefixes.some(prefix => topic.startsWith(prefix)))
        for (const one of reduced) expect(reduced.filter(other => one.startsWith(other))).toEqual([one])
      })
    )
  })

  it('refuse what is none', () => {
    expect(() => reducePrefixes([])).toThrow(/^prefix: /)
    expect(() => reducePrefixes([1 as unknown as string])).toThrow(/^prefix: expected a string, got number/)
  })
})

describe('token wildcards', () => {
  it('match token by token, and begin with their literal part', () => {
    fc.assert(
      fc.property(pattern, word, (pattern, topic) => {
        const isMatch = createPatternMatcher(pattern)(topic)
        expect(isMatch).toBe(matches(pattern, topic))
        if (isMatch) expect(topic.startsWith(literalPrefix(pattern))).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })

  it.each([
    ['nft:*:in', 'nft:lan:in', true],
    ['nft:*:in', 'nft:lan:input', false],
    ['nft:*:in', 'nft:lan:x:in', false],
    ['nft:>', 'nft:drop:input', true],
    ['nft:>', 'nft', false],
    ['*', 'nft', true],
    ['>', 'x:y', true]
  ])('%s on %s: %s', (pattern, topic, expected) => {
    expect(createPatternMatcher(pattern)(topic)).toBe(expected)
  })

  it('refuse what is none', () => {
    expect(() => checkPatterns('')).toThrow(/^match: /)
    expect(() => checkPatterns('nft:>:in')).toThrow(/^match: .*not the last token/)
    expect(() => checkPatterns([1 as unknown as string])).toThrow(/^match: expected a string/)
    expect(() => checkPatterns('x'.repeat(2000))).toThrow(/^match: /)
  })
})

describe('a topic filter', () => {
  it('looks into every ring that may hold a wanted topic', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.array(pattern, { maxLength: 2 }),
        word,
        (prefixes, patterns, topic) => {
          const filter = createTopicFilter(reducePrefixes(prefixes), patterns)
          if (filter.wants(topic)) expect(filter.mayWant(firstToken(topic))).toBe(true)
        }
      )
    )
  })

  it('takes no prefixes and patterns that cost more than a topic is worth', () => {
    expect(reducePrefixes('x'.repeat(1024))).toHaveLength(1)
    expect(() => reducePrefixes('x'.repeat(1025))).toThrow(/^prefix: /)
    expect(checkPatterns(Array.from({ length: 4 }, () => 'x'.repeat(1024)))).toHaveLength(4)
    expect(() => checkPatterns(Array.from({ length: 4097 }, () => 'x'))).toThrow(/^match: .*together/)
  })

  it("keeps the bus's own topics from all who do not ask for them", () => {
    expect(createTopicFilter(['']).wants('bus:stats')).toBe(false)
    expect(createTopicFilter(['b']).wants(GAP_TOPIC)).toBe(false)
    expect(createTopicFilter([''], ['*:gap']).wants(GAP_TOPIC)).toBe(false)
    expect(createTopicFilter(['nft:'], [], true).wants(GAP_TOPIC)).toBe(true)
    expect(createTopicFilter(['nft:'], [], true).wants('bus:stats')).toBe(false)
    expect(createTopicFilter(['bus:stats']).wants('bus:stats')).toBe(true)
    expect(createTopicFilter(['bus:stats']).mayWant('bus')).toBe(true)
    expect(createTopicFilter(['nft:']).mayWant('bus')).toBe(false)
  })
})
