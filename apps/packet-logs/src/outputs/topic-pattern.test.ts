import { createBroker } from '@packet-logs/bus'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPattern, matchesPattern } from './topic-pattern.js'

describe('a pattern of topics', () => {
  it.each([
    ['nft:>', 'nft:drop:input', true],
    ['nft:>', 'nft:', true],
    ['nft:>', 'nft', false],
    ['nft:drop:>', 'nft:drop:input', true],
    ['nft:*:in', 'nft:wan:in', true],
    ['nft:*:in', 'nft:wan:out', false],
    ['nft:*', 'nft:wan:in', false],
    ['alert:>', 'nft:drop:input', false],
    ['>', 'anything', true]
  ])('%j and %j: %s', (pattern, topic, matches) => {
    expect(matchesPattern(pattern, topic)).toBe(matches)
  })

  it('means what it means to the bus', async () => {
    const token = fc.constantFrom('nft', 'a', 'b', '')
    const pattern = fc
      .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? ['>'] : [])].join(':'))
      .filter(text => checkPattern(text) === undefined)
    const topics = fc.array(
      fc.array(token, { minLength: 1, maxLength: 4 }).map(tokens => tokens.join(':')),
      { maxLength: 10 }
    )
    await fc.assert(
      fc.asyncProperty(pattern, topics, async (match, published) => {
        const broker = createBroker()
        const subscription = broker.subscribe('', { match })
        for (const topic of published) broker.publish(topic, '')
        broker.close()
        const received: string[] = []
        for await (const { topic } of subscription) received.push(topic)
        expect(published.filter(topic => matchesPattern(match, topic))).toEqual(received)
      }),
      { numRuns: 100 }
    )
  })

  it.each(['', 'nft:>:in', 'x'.repeat(1025)])('is refused: %j', pattern => {
    expect(checkPattern(pattern)).toBeTypeOf('string')
  })
})
