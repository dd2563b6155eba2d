import fc from 'fast-check'
import { expect, it } from 'vitest'
import { arpRequest, decoded, eventOf, ping6, query, syn, tunnelledHello } from '../../test/packets.js'
import { compileFilter, FilterLanguage } from './compile-filter.js'
import { EventView } from './fields/event-view.js'

/** Requirements that some of the packets meet, and parts that make or break them. */
const part = fc.constantFrom(
  ...['dst.port == 443', '443 == dst.port', 'dst.port in [22, 53]', 'src.port == 1', 'protocol == "tcp"', 'tcp.syn'],
  ...[
    'dst.ip == "8.8.8.8"',
    'src.ip in ["192.168.2.10", "2001:DB8::1"]',
    'inCidr(src.ip, ["192.168.2.10/32", "10.0.0.1"])'
  ],
  ...[
    'inCidr(src.ip, "192.168.0.0/16")',
    'dns.name == "WWW.example.com"',
    'topic == "nft:wan:out"',
    'mark == 7',
    'true'
  ],
  ...['arp.targetIp == "192.168.2.1"', 'src.mac == "02-9f-11-91-33-83"', 'dst.port != 443', 'mark + 0 == 7', 'false']
)
const { condition } = fc.letrec<{ condition: string }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    part,
    fc.tuple(tie('condition'), fc.constantFrom('&&', '&&', '||'), tie('condition')).map(all => `(${all.join(' ')})`),
    tie('condition').map(one => `!${one.startsWith('(') ? one : `(${one})`}`)
  )
}))

it('finds the filter that trying one after another finds', () => {
  const packets = [syn, ping6, query, arpRequest, tunnelledHello].map(logged => ({
    logged,
    packet: decoded(logged),
    event: eventOf(logged)
  }))
  const found = new Set<number>()
  fc.assert(
    fc.property(fc.array(fc.option(condition, { nil: undefined, freq: 9 }), { maxLength: 12 }), sources => {
      const list = new FilterLanguage().compileList(sources)
      const filters = sources.map(source => (source === undefined ? undefined : compileFilter(source)))
      for (const { logged, packet, event } of packets) {
        const expected = filters.findIndex(filter => filter?.matchesPacket(logged, packet))
        expect(list.firstForPacket(logged, packet)).toBe(expected)
        const view = new EventView()
        view.reset(event)
        expect(list.firstForEvent(view)).toBe(expected)
        found.add(expected)
      }
    }),
    { numRuns: 300 }
  )
  expect(found.size).toBeGreaterThan(4)
})

it('finds an address however the event spells it', () => {
  const list = new FilterLanguage().compileList(['src.ip == "2001:db8::1"'])
  const view = new EventView()
  view.reset({ topic: 'nft:x', value: '{"IPv6":{"SrcIP":"2001:DB8:0:0::1","Version":6}}' })
  expect(list.firstForEvent(view)).toBe(0)
})
