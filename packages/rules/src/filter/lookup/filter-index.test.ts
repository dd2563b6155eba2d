import type { LoggedPacket } from '@packet-logs/decoder'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arpRequest, decoded, eventOf, ping6, query, syn, tunnelledHello } from '../../../test/packets.js'
import { compileFilter } from '../compile-filter.js'
import type { FilterEvent } from '../fields/event-view.js'
import { EventView } from '../fields/event-view.js'
import { PacketView } from '../fields/packet-view.js'
import { FilterList } from '../filter-list.js'
import { readFilter } from '../read-filter.js'

const packets = [syn, ping6, query, arpRequest, tunnelledHello].map(logged => ({
  logged,
  packet: decoded(logged),
  event: eventOf(logged)
}))

const ipv4Network = fc.tuple(fc.constantFrom('192.168.2.10', '8.8.8.8', '8.8.0.0', '10.0.0.1'), fc.nat(32))
const ipv6Network = fc.tuple(fc.constantFrom('2001:db8::1', '2001:db8::2', '2001:db8:8000::'), fc.nat(128))
const networks = fc
  .array(fc.oneof(ipv4Network, ipv6Network), { minLength: 1, maxLength: 4 })
  .map(all => all.map(([address, bits]) => `"${address}/${bits}"`).join())

/** Requirements that some of the packets meet, and parts that make or break them. */
const part = fc.oneof(
  fc.constantFrom(
    ...['dst.port == 443', '443 == dst.port', 'dst.port in [22, 53]', 'src.port == 1', 'protocol == "tcp"', 'tcp.syn'],
    ...['inRange(dst.port, 1, 60)', 'inRange(dst.port, 1, 1000)', 'inRange(dst.port, 50, 60.5)', 'ip.ttl in [64, 1]'],
    ...['dst.ip == "8.8.8.8"', 'src.ip in ["192.168.2.10", "2001:DB8::1"]', 'has(dst.port)', 'group == 0'],
    ...['inCidr(src.ip, ["192.168.2.10/32", "10.0.0.1"])', 'inCidr(src.ip, "192.168.0.0/16")', 'mark == 7', 'true'],
    ...['dns.name == "WWW.example.com"', 'topic == "nft:wan:out"', 'topic.startsWith("nft:drop:")', 'mark + 0 == 7'],
    ...['prefix.startsWith("DROP")', 'topic.startsWith("nft:wan:out")', 'topic.startsWith("")', 'false'],
    ...['(topic == "nft:wan" || topic.startsWith("nft:wan:"))', 'inDevice.startsWith("eth")', 'dst.port in []'],
    ...['arp.targetIp == "192.168.2.1"', 'inCidr(arp.targetIp, "192.168.2.0/24")', 'src.mac == "02-9f-11-91-33-83"'],
    ...['src.ip.startsWith("192.168.")', 'dst.ip.startsWith("")', 'inCidr(prefix, "10.0.0.0/8")'],
    ...['dst.port != 443', 'spr.dst.port == 443', 'spr.protocol == "udp"', 'action == "blocked"', 'length == 40']
  ),
  networks.map(list => `inCidr(src.ip, [${list}])`),
  networks.map(list => `inCidr(dst.ip, [${list}])`)
)
const { condition } = fc.letrec<{ condition: string }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    part,
    fc.tuple(tie('condition'), fc.constantFrom('&&', '&&', '||'), tie('condition')).map(all => `(${all.join(' ')})`),
    tie('condition').map(one => `!${one.startsWith('(') ? one : `(${one})`}`)
  )
}))

function listOf(sources: readonly (string | undefined)[]): FilterList {
  return new FilterList(sources.map(source => (source === undefined ? undefined : readFilter(source))))
}

function viewOf(event: FilterEvent): EventView {
  const view = new EventView()
  view.reset(event)
  return view
}

const onPacket = (logged: LoggedPacket): PacketView => new PacketView(logged, decoded(logged))

describe('the index over filters', () => {
  it('finds what trying one filter after another finds, the first and all, in packets and in JSON', () => {
    const found = new Set<number>()
    let together = 0
    const sources = fc.array(fc.option(condition, { nil: undefined, freq: 9 }), { maxLength: 24 })
    fc.assert(
      fc.property(sources, written => {
        const list = listOf(written)
        const filters = written.map(source => (source === undefined ? undefined : compileFilter(source)))
        for (const { logged, packet, event } of packets) {
          const expected = filters.flatMap((filter, index) => (filter?.matchesPacket(logged, packet) ? [index] : []))
          const [first = -1] = expected
          expect(list.firstForPacket(logged, packet)).toBe(first)
          expect(list.firstForEvent(viewOf(event))).toBe(first)
          expect(list.allForPacket(onPacket(logged))).toEqual(expected)
          expect(list.allForEvent(viewOf(event))).toEqual(expected)
          found.add(first)
          together = Math.max(together, expected.length)
        }
      }),
      { numRuns: 400 }
    )
    expect(found.size).toBeGreaterThan(4)
    expect(together).toBeGreaterThan(4)
  })

  it('finds an address however the event spells it', () => {
    const event = { topic: 'nft:x', value: '{"IPv6":{"SrcIP":"2001:DB8:0:0::1","Version":6}}' }
    expect(listOf(['src.ip == "2001:db8::1"']).firstForEvent(viewOf(event))).toBe(0)
  })

  it('finds every network an address is in, of any length and either version', () => {
    const lengths = Array.from({ length: 33 }, (_, bits) => `inCidr(src.ip, "192.168.2.10/${bits}")`)
    const others = Array.from({ length: 32 }, (_, bits) => `inCidr(src.ip, "${flipped(bits)}/${bits + 1}")`)
    expect(listOf([...others, ...lengths]).allForPacket(onPacket(syn))).toEqual(lengths.map((_, index) => index + 32))
    const ipv6 = Array.from({ length: 129 }, (_, bits) => `inCidr(src.ip, "2001:db8::1/${bits}")`)
    expect(listOf([...lengths, ...ipv6]).allForPacket(onPacket(ping6))).toEqual(ipv6.map((_, index) => index + 33))
  })

  it('goes through topics without remembering more of them than a few', () => {
    const list = listOf(['topic.startsWith("dns:")', 'topic.startsWith("dns:serve:")', 'topic == "dns:serve:5"'])
    for (let number = 0; number < 5000; number++) {
      const expected = number === 5 ? [0, 1, 2] : [0, 1]
      expect(list.allForEvent(viewOf({ topic: `dns:serve:${number}`, value: '' }))).toEqual(expected)
    }
    expect(list.allForEvent(viewOf({ topic: 'dn', value: '' }))).toEqual([])
  })
})

/** The address of the packet with one bit turned over, which is in no network that holds this bit. */
function flipped(bit: number): string {
  const address = (0xc0a8020a ^ (1 << (31 - bit))) >>> 0
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 255).join('.')
}
