import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded, eventOf, ping6, query, syn } from '../../test/packets.js'
import { compileFilter, explainFilter, RuleError } from '../index.js'

describe('a filter in words', () => {
  it.each([
    ['true', 'always'],
    ['!true', 'never'],
    ['dst.port == 22', 'the destination port is 22'],
    ['22 != dst.port', 'the destination port is not 22'],
    ['!(dst.port == 22)', 'the destination port is not 22'],
    ['dst.port in [22, 23]', 'the destination port is one of 22, 23'],
    ['!(dst.port in [22])', 'the destination port is not 22'],
    ['length >= 1000', 'the length in bytes is at least 1000'],
    ['tcp.syn && !tcp.ack', 'the TCP flag SYN is set, and the TCP flag ACK is not set'],
    ['tcp.syn == false', 'the TCP flag SYN is not set'],
    ['dns.response', 'it is a DNS answer'],
    ['has(src.port)', 'the source port is there'],
    ['!has(src.port)', 'the source port is not there'],
    ['inCidr(src.ip, "10.0.0.0/8")', 'the source address is in 10.0.0.0/8'],
    ['!inCidr(src.ip, ["10.0.0.0/8", "fd00::/8"])', 'the source address is not in 10.0.0.0/8 or fd00::/8'],
    ['inRange(dst.port, 1, 9)', 'the destination port is from 1 to 9'],
    ['glob(dns.name, "*.org")', 'the name asked for looks like "*.org"'],
    ['!dns.name.endsWith(".org")', 'the name asked for does not end with ".org"'],
    ['prefix.matches("^a")', 'the log prefix fits the pattern "^a"'],
    ['size(dns.addresses) > 3', 'the size of the addresses answered is more than 3'],
    ['src.ip == dst.ip', 'the source address is the destination address'],
    ['event.user.name == "a"', `the event's user.name is "a"`],
    [
      'dst.port == 1 || dst.port == 2 && mark == 3',
      'the destination port is 1, or (the destination port is 2, and the packet mark is 3)'
    ],
    ['!(dst.port == 1 || mark == 3)', 'the destination port is not 1, and the packet mark is not 3'],
    ['topic == "a\\u001b[31m"', 'the topic is "a\\u001b[31m"'],
    ['inDevice == "🐟\\\\ud83d\\\\udc1f"', 'the device it came in on is "🐟\\\\ud83d\\\\udc1f"']
  ])('%s is: %s', (source, meaning) => {
    expect(explainFilter(source).meaning).toBe(meaning)
  })

  it('is refused as it is when it is compiled', () => {
    expect(() => explainFilter('dst.prot == 1')).toThrow(RuleError)
  })
})

describe('a filter taken apart', () => {
  it('shows of each condition whether it holds and what it saw', () => {
    const { conditions, lookedUpBy } = explainFilter(
      'action == "blocked" && (dst.port == 22 || dst.port == 443) && dns.name == "x" && event["a-b"].c[0] == 1'
    )
    expect(lookedUpBy).toEqual(['action', 'dst.port', 'dns.name'])
    const packet = decoded(syn)
    const event = eventOf(syn)
    const seen = [{ action: 'blocked' }, { 'dst.port': 443 }, {}, {}]
    expect(conditions.map(one => one.matchesPacket(syn, packet))).toEqual([true, true, false, false])
    expect(conditions.map(one => one.matchesEvent(event))).toEqual([true, true, false, false])
    expect(conditions.map(one => one.seenInPacket(syn, packet))).toEqual(seen)
    expect(conditions.map(one => one.seenInEvent(event))).toEqual(seen)
    expect(conditions.map(({ reads }) => reads)).toEqual([
      ['action'],
      ['dst.port'],
      ['dns.name'],
      ['event["a-b"].c[0]']
    ])
    const other = { topic: 'a:b', value: '{"a-b":{"c":[1]}}' }
    expect(conditions[3]?.seenInEvent(other)).toEqual({ 'event["a-b"].c[0]': 1 })
    expect(conditions[3]?.matchesEvent(other)).toBe(true)
  })

  it('matches where all of its conditions do', () => {
    const condition = fc.constantFrom(
      ...['tcp.syn', '!tcp.ack', 'dst.port == 443', '(dst.port == 53 || icmp.type == 128)', 'has(src.port)'],
      ...[
        '!(protocol == "udp")',
        'length > 40 ? true : false',
        'src.ip in ["192.168.2.10", "::1"]',
        'dst.port - 1 == 442'
      ]
    )
    const joined = fc
      .array(condition, { minLength: 1, maxLength: 5 })
      .map(parts => parts.map(part => `(${part})`).join(' && '))
    fc.assert(
      fc.property(joined, fc.constantFrom(syn, ping6, query), (source, logged) => {
        const packet = decoded(logged)
        const expected = compileFilter(source).matchesPacket(logged, packet)
        const { conditions } = explainFilter(source)
        expect(conditions.every(one => one.matchesPacket(logged, packet))).toBe(expected)
        expect(conditions.every(one => one.matchesEvent(eventOf(logged)))).toBe(expected)
      })
    )
  })
})
