import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { FilterEvent } from '../../src/index.js'
import { compileFilter } from '../../src/index.js'
import { TestBench } from '../engine.js'
import { arpRequest, decoded, eventOf, ping6, query, syn, tunnelledHello } from '../packets.js'

const packets = [syn, ping6, query, arpRequest, tunnelledHello]
const others: readonly FilterEvent[] = [
  { topic: 'auth:failure', value: '{"user":"a","port":443}' },
  { topic: 'auth:success', value: '{"user":"b"}' },
  { topic: 'alert:nft:x:y', value: '{"RuleId":"y"}' },
  { topic: 'nf', value: 'text' }
]

/** On packets, on other events, on both. */
const written = fc.oneof(
  fc.record({
    topics: fc.subarray(['nft:', 'nft:drop:', 'nft:wan:out', 'nft:lan'], { minLength: 1 }),
    when: fc.constantFrom('true', 'tcp.syn', 'dst.port == 443', 'inCidr(src.ip, "192.168.0.0/16")', 'dst.port != 53')
  }),
  fc.record({
    topics: fc.subarray(['auth:', 'auth:failure', 'alert:', 'auth:failures'], { minLength: 1 }),
    when: fc.constantFrom('true', 'event.user == "a"', 'event.port == 443', 'topic.endsWith("s")')
  }),
  fc.record({
    topics: fc.subarray(['', 'n', 'nft', 'nft:wan:out', 'auth:'], { minLength: 2 }),
    when: fc.constantFrom('true', 'topic.startsWith("nft:")', 'has(topic)', 'topic == "nf"', 'topic != "nf"')
  })
)

it('the engine fires the rules that trying each of them finds', () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 12 }), rules => {
      const bench = new TestBench(
        JSON.stringify({ rules: rules.map((rule, index) => ({ id: `r${index}`, ...rule, title: `${index}` })) })
      )
      const filters = rules.map(({ topics, when }) => ({ topics, filter: compileFilter(when) }))
      const expected = (topic: string, matches: (filter: ReturnType<typeof compileFilter>) => boolean): string[] =>
        filters.flatMap(({ topics, filter }, index) => {
          return topics.some(beginning => topic.startsWith(beginning)) && matches(filter) ? [String(index)] : []
        })
      for (const logged of packets) {
        const event = eventOf(logged)
        const inPacket = expected(event.topic, filter => filter.matchesPacket(logged, decoded(logged)))
        expect(bench.packet(logged).titles()).toEqual(inPacket)
        bench.engine.event(event)
        expect(bench.titles()).toEqual(inPacket)
      }
      for (const event of others) {
        bench.engine.event(event)
        expect(bench.titles()).toEqual(expected(event.topic, filter => filter.matchesEvent(event)))
      }
    }),
    { numRuns: 60 }
  )
})
