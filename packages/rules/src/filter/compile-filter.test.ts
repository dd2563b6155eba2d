import { describe, expect, it } from 'vitest'
import { decoded, eventOf, ping6, query, syn } from '../../test/packets.js'
import { RuleError } from '../errors.js'
import { compileFilter, createFilterCompiler } from './compile-filter.js'

const packets = { syn, ping6, query }
const context = { recentDomainSrc: '', recentDomainDst: 'DNS.Google' }

/** Which of the three packets match; packet and event must agree. */
function matching(source: string): string {
  const filter = compileFilter(source)
  const names: string[] = []
  for (const [name, packet] of Object.entries(packets)) {
    const onPacket = filter.matchesPacket(packet, decoded(packet), context)
    expect(filter.matchesEvent(eventOf(packet, context)), `${source} on ${name}`).toBe(onPacket)
    if (onPacket) names.push(name)
  }
  return names.join(' ')
}

describe('a filter', () => {
  it.each([
    ['true', 'syn ping6 query'],
    ['topic == "nft:drop:input"', 'syn'],
    ['topic.startsWith("nft:")', 'syn ping6 query'],
    ['prefix == "DROP:input"', 'syn'],
    ['action == "blocked"', 'syn'],
    ['inDevice == "eth0"', 'syn ping6 query'],
    ['has(outDevice)', ''],
    ['mark == 7', 'syn'],
    ['hook == "input"', 'syn ping6 query'],
    ['src.mac == "02-9F-11-91-33-83"', 'syn'],
    ['glob(dst.mac, "0A:53:*")', 'syn'],
    ['dst.domain == "dns.GOOGLE"', 'syn ping6 query'],
    ['protocol in ["tcp", "icmpv6"]', 'syn ping6'],
    ['tcp.syn && !tcp.ack', 'syn'],
    ['dst.port == 443', 'syn'],
    ['dst.port in [53, 443]', 'syn query'],
    ['443 == dst.port', 'syn'],
    ['inRange(dst.port, 50, 60)', 'query'],
    ['dst.port - 1 == 442 && dst.port * 2 > 800 && dst.port % 10 == 3 && dst.port / 4 == 110', 'syn'],
    ['src.ip == "192.168.2.10"', 'syn query'],
    ['src.ip != "192.168.2.10"', 'ping6'],
    ['"2001:DB8:0::1" == src.ip', 'ping6'],
    ['src.ip in ["10.0.0.1", "2001:db8::1"]', 'ping6'],
    ['inCidr(src.ip, "192.168.0.0/16")', 'syn query'],
    ['inCidr(dst.ip, ["2001:db8::/32", "8.8.8.0/24"])', 'syn ping6 query'],
    ['inCidr(dst.ip, "0.0.0.0/0")', 'syn query'],
    ['inCidr(src.ip, "2001:db8::/127")', 'ping6'],
    ['ip.version == 6 ? icmp.type == 128 : dns.type == "A"', 'ping6 query'],
    ['glob(dns.name, "*.EXAMPLE.com")', 'query'],
    ['dns.name.endsWith(".example.com")', 'query'],
    ['dns.name.matches("^www[0-9]*\\\\.")', 'query'],
    ['matches(dns.name, "^example")', ''],
    ['["*.org", "www.*"].exists(p, glob(dns.name, p))', 'query'],
    ['["www.*", "*.com"].all(p, glob(dns.name, p))', 'query'],
    ['["www.*", "*.org"].exists_one(p, glob(dns.name, p))', 'query'],
    ['size(dns.name) == 15 && dns.name.size() > 14', 'query'],
    ['size(dns.addresses) == 0', 'query'],
    ['length < 60', 'syn ping6'],
    ['string(dst.port) == "443" && int("443") == dst.port', 'syn'],
    ['-1 < 0 && 1.5 > 1 && "a" < "b" && (true || false)', 'syn ping6 query']
  ])('%s takes %j', (source, expected) => {
    expect(matching(source)).toBe(expected)
  })

  it.each([
    ['dst.port == 443 || icmp.type == 128', 'syn ping6'],
    ['icmp.type == 128 || dst.port == 443', 'syn ping6'],
    ['dst.port == 443 || dns.name == "nobody"', 'syn'],
    ['!(dst.port == 53)', 'syn'],
    ['dst.port != 53', 'syn'],
    ['!(dst.port in [53])', 'syn'],
    ['!(dst.port == 53 && ip.ttl == 64)', 'syn'],
    ['!(dst.port == 53 && ip.ttl == 1)', 'syn ping6 query'],
    ['dst.port == 53 ? true : true', 'syn query'],
    ['!inCidr(src.ip, "10.0.0.0/8")', 'syn ping6 query'],
    ['!glob(dns.name, "*.org")', 'query'],
    ['!has(dst.port)', 'ping6'],
    ['!has(dst.port) || dst.port > 100', 'syn ping6'],
    ['[1, dst.port].exists(p, p == 1)', 'syn query'],
    ['1 in [1, dst.port]', 'syn query'],
    ['![1, dst.port].exists(p, p == 2)', 'syn query'],
    ['[1, 443].all(p, p != dst.port)', 'query'],
    ['1 / (dst.port - 53) > 0 || true', 'syn ping6 query'],
    ['!(1 / (dst.port - 53) > 7)', 'syn'],
    ['has(event)', '']
  ])('never takes a packet for a field it does not have: %s takes %j', (source, expected) => {
    expect(matching(source)).toBe(expected)
  })

  it('names the fields it reads', () => {
    const { fields, source } = compileFilter('has(src.port) && event.a == topic')
    expect([...fields]).toEqual(['src.port', 'event', 'topic'])
    expect(source).toBe('has(src.port) && event.a == topic')
  })
})

describe("another program's event", () => {
  const value = JSON.stringify({
    user: { name: 'eve', id: 7 },
    list: [1, 'two'],
    none: null,
    ok: true,
    'a-b': 1.5,
    n: '12'
  })
  const takes = (source: string, event = { topic: 'auth:failure', value }): boolean =>
    compileFilter(source).matchesEvent(event)

  it.each([
    'topic == "auth:failure"',
    'event.user.name == "eve"',
    'event["user"]["name"] == "eve"',
    'event.user.id == 7 && event.user.id > 6.5 && event.user.id + 1 == 8',
    'event.list[1] == "two" && size(event.list) == 2',
    '"two" in event.list && "user" in event',
    'event.list.exists(x, x == 1)',
    'event.none == null && has(event.none)',
    'event.ok',
    'event["a-b"] * 2.0 == 3.0',
    'int(event.n) == 12',
    'event.user.name != 7',
    'inCidr(event.none, "::/0") || true'
  ])('is looked into by %s', source => {
    expect(takes(source)).toBe(true)
  })

  it.each([
    'has(event.nobody)',
    'event.nobody.deeper == 1',
    '!(event.nobody == 1)',
    'event.user == event.user',
    'event.list[7] == 1',
    'event.user.name',
    '!event.user.name',
    'event.user.name > 1',
    'event.__proto__ == null',
    'has(event.constructor)',
    'has(src.ip)'
  ])('does not match %s', source => {
    expect(takes(source)).toBe(false)
  })

  it('has a text that is no JSON as it is', () => {
    expect(takes('event == "up"', { topic: 'wan:state', value: 'up' })).toBe(true)
    expect(takes('has(event.a)', { topic: 'wan:state', value: '{"a":' })).toBe(false)
  })

  it('does not have what a text beyond a megabyte says', () => {
    expect(takes('has(event)', { topic: 'a', value: 'x'.repeat(1_048_577) })).toBe(false)
  })

  it('may claim to be a packet and hold anything', () => {
    for (const value of [
      '1',
      'null',
      '[]',
      '{"IP":7,"TCP":{"SrcPort":"22","DstPort":-1}}',
      '{"IP":{"Version":4,"SrcIP":[]}}',
      '"'
    ]) {
      expect(takes('has(src.ip) || has(src.port) || has(dst.port)', { topic: 'nft:x', value })).toBe(false)
    }
  })
})

describe('createFilterCompiler', () => {
  it('parses an event once for all its filters', () => {
    let reads = 0
    const event = {
      topic: 'nft:drop:input',
      get value() {
        reads++
        return eventOf(syn).value
      }
    }
    const compile = createFilterCompiler()
    const other = { topic: 'nft:lan:in', value: eventOf(ping6).value }
    const filters = ['dst.port == 443', 'protocol == "tcp"', 'tcp.syn'].map(compile)
    for (const filter of filters) {
      expect(filter(event)).toBe(true)
      expect(filter(other)).toBe(false)
    }
    expect(reads).toBe(1)
  })

  it('refuses a bad filter', () => {
    expect(() => createFilterCompiler()('nonsense')).toThrow(RuleError)
  })
})
