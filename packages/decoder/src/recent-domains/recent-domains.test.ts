import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dnsMessage,
  dnsName,
  dnsQuestion,
  dnsRecord,
  hex,
  ipv4,
  ipv6,
  join,
  logged,
  tcp,
  udp
} from '../../test/build.js'
import { dnsEvents, vectors } from '../../test/vectors.js'
import { createLineWriter, decodePacket, formatPacketInfo, toPacketInfo } from '../decoder.js'
import { createRecentDomains } from './recent-domains.js'

const CLIENT = '192.168.2.10'
const RESOLVER = '192.168.2.1'
const SITE = '93.184.216.34'

class Clock {
  ms = 1_700_000_000_000
  readonly now = (): number => this.ms
  pass(seconds: number): void {
    this.ms += seconds * 1000
  }
}

const a = (name: string, address: string, ttl = 60): Uint8Array =>
  dnsRecord(dnsName(name), 1, Uint8Array.from(address.split('.').map(Number)), ttl)
const cname = (name: string, target: string): Uint8Array => dnsRecord(dnsName(name), 5, dnsName(target))

interface Response {
  client?: string
  resolver?: string
  flags?: number
  port?: number
}

const responseTo = (question: string, answers: readonly Uint8Array[], response: Response = {}) => {
  const { client = CLIENT, resolver = RESOLVER, flags = 0x8180, port = 53 } = response
  const body = dnsMessage({ flags, questions: [dnsQuestion(dnsName(question))], answers })
  return decodePacket(ipv4(udp(body, port, 40000), { source: resolver, destination: client }))
}

const open = (options: Parameters<typeof createRecentDomains>[0] = {}) => {
  const clock = new Clock()
  return { clock, domains: createRecentDomains({ now: clock.now, ...options }) }
}

const served = (name: string, records: readonly object[], Remote = `${CLIENT}:5000`): string =>
  JSON.stringify({
    Q: [{ Name: `${name}.`, Qtype: 1, Qclass: 1 }],
    A: records.map(record => ({ Hdr: { Name: 'x.', Rrtype: 1, Class: 1, Ttl: 60 }, ...record })),
    Remote
  })

describe('createRecentDomains', () => {
  it('remembers whom a client asked for', () => {
    const { clock, domains } = open()
    domains.learn(responseTo('WWW.Example.com', [a('www.example.COM', SITE)]))
    expect(domains.lookup(CLIENT, SITE)).toEqual({
      name: 'www.example.com',
      confidence: 'high',
      candidates: [{ name: 'www.example.com', confidence: 'high', learnedMs: clock.ms, expiresMs: clock.ms + 60_000 }]
    })
    expect(domains.size).toBe(1)
  })

  it('tells what the client asked for, not where the aliases lead', () => {
    const { domains } = open()
    const chain = [cname('shop.example', 'cdn.example'), cname('cdn.example', 'edge.cdn.example')]
    domains.learn(responseTo('shop.example', [a('edge.cdn.example', SITE), ...chain]))
    expect(domains.lookup(CLIENT, SITE)?.name).toBe('shop.example')
  })

  it('does not believe answers to what was not asked', () => {
    const { domains } = open()
    domains.learn(responseTo('shop.example', [a('bank.example', SITE), cname('loop.example', 'loop.example')]))
    expect(domains.lookup(CLIENT, SITE)).toBeUndefined()
  })

  it('survives aliases in a circle', () => {
    const { domains } = open()
    const circle = [cname('a.example', 'b.example'), cname('b.example', 'a.example'), a('b.example', SITE)]
    domains.learn(responseTo('a.example', circle))
    expect(domains.lookup(CLIENT, SITE)?.name).toBe('a.example')
  })

  it('learns IPv6 addresses, and those in hints of HTTPS records', () => {
    const { domains } = open()
    const v6 = hex('20010db8000000000000000000000034')
    const hints = join(
      hex('0001 00 0004 0004 5db8d822 0006 0010'),
      v6.map(byte => byte ^ 1)
    )
    domains.learn(
      responseTo('six.example', [
        dnsRecord(dnsName('six.example'), 28, v6),
        dnsRecord(dnsName('six.example'), 65, hints)
      ])
    )
    for (const address of ['2001:db8::34', SITE, '2100:cb9:101:101:101:101:101:135']) {
      expect(domains.lookup(CLIENT, address)?.name, address).toBe('six.example')
    }
  })

  it('learns from DNS over TCP', () => {
    const { domains } = open()
    const body = dnsMessage({
      flags: 0x8180,
      questions: [dnsQuestion(dnsName('t.example'))],
      answers: [a('t.example', SITE)]
    })
    const segment = tcp(join([body.length >> 8, body.length & 255], body), { sourcePort: 53 })
    domains.learn(decodePacket(ipv4(segment, { protocol: 6, source: RESOLVER, destination: CLIENT })))
    expect(domains.lookup(CLIENT, SITE)?.name).toBe('t.example')
  })

  it.each([
    ['a question', { flags: 0x0100 }],
    ['a failure', { flags: 0x8183 }],
    ['another port', { port: 5300 }]
  ])('learns nothing from %s', (_what, response) => {
    const { domains } = open()
    domains.learn(responseTo('x.example', [a('x.example', SITE)], response))
    expect(domains.size).toBe(0)
  })

  it.each(['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '0.1.2.3'])(
    'learns nothing of %s, which says nothing about a host',
    address => {
      const { domains } = open()
      domains.learn(responseTo('blocked.example', [a('blocked.example', address)]))
      expect(domains.size).toBe(0)
    }
  )

  it('believes only the resolvers named', () => {
    const { domains } = open({ resolvers: [RESOLVER, '2001:db8::53'] })
    domains.learn(responseTo('x.example', [a('x.example', SITE)], { resolver: '10.9.9.9' }))
    expect(domains.size).toBe(0)
    domains.learn(responseTo('x.example', [a('x.example', SITE)]))
    expect(domains.size).toBe(1)
  })

  it('keeps clients apart, and says when it knows from another only', () => {
    const { domains } = open({ minConfidence: 'low' })
    domains.learn(responseTo('mine.example', [a('mine.example', SITE)]))
    domains.learn(responseTo('theirs.example', [a('theirs.example', SITE)], { client: '192.168.2.77' }))
    expect(domains.lookup(CLIENT, SITE)).toMatchObject({
      name: 'mine.example',
      confidence: 'high',
      candidates: [{ name: 'mine.example' }, { name: 'theirs.example', confidence: 'low' }]
    })
    expect(domains.lookup('192.168.2.99', SITE)).toMatchObject({ name: 'theirs.example', confidence: 'low' })
  })

  it('gives the last of several names, and is less sure', () => {
    const { clock, domains } = open()
    domains.learn(responseTo('one.example', [a('one.example', SITE, 100)]))
    clock.pass(5)
    domains.learn(responseTo('two.example', [a('two.example', SITE, 10)]))
    expect(domains.lookup(CLIENT, SITE)).toMatchObject({ name: 'two.example', confidence: 'medium' })
    clock.pass(20)
    expect(domains.lookup(CLIENT, SITE)).toMatchObject({ name: 'one.example', confidence: 'high' })
  })

  it('heeds the time to live, and lingers a little', () => {
    const { clock, domains } = open({ lingerSeconds: 100, maxTtlSeconds: 50 })
    domains.learn(responseTo('x.example', [a('x.example', SITE, 9000)]))
    clock.pass(50)
    expect(domains.lookup(CLIENT, SITE)?.confidence).toBe('high')
    clock.pass(1)
    expect(domains.lookup(CLIENT, SITE)?.confidence).toBe('medium')
    clock.pass(100)
    expect(domains.lookup(CLIENT, SITE)).toBeUndefined()
    domains.learn(responseTo('x.example', [a('x.example', SITE, 20)]))
    expect(domains.lookup(CLIENT, SITE)?.confidence).toBe('high')
  })

  it('learns from events of SPR’s resolver', () => {
    const { domains } = open()
    domains.learnEvent(`dns:serve:${CLIENT}`, served('v4.example', [{ Target: 'y.' }, { A: SITE }]))
    domains.learnEvent('dns:serve:[fe80', served('v6.example', [{ AAAA: '2001:db8::34' }], '[fe80::1%eth0]:5000'))
    expect(domains.lookup(CLIENT, SITE)?.name).toBe('v4.example')
    expect(domains.lookup('fe80::1', '2001:db8::34')?.name).toBe('v6.example')
    domains.learnEvent(`dns:serve:192.168.2.44`, served('topic.example', [{ A: SITE }], ''))
    expect(domains.lookup('192.168.2.44', SITE)?.name).toBe('topic.example')
  })

  it('names both ends of a packet, from the side of the one that asked', () => {
    const { domains } = open()
    domains.learn(responseTo('x.example', [a('x.example', SITE)]))
    const out = decodePacket(ipv4(udp(hex('01')), { source: CLIENT, destination: SITE }))
    const back = decodePacket(ipv4(udp(hex('01')), { source: SITE, destination: CLIENT }))
    expect([domains.sourceOf(out), domains.destinationOf(out)]).toEqual(['', 'x.example'])
    expect([domains.sourceOf(back), domains.destinationOf(back)]).toEqual(['x.example', ''])
    expect(domains.destinationOf(decodePacket(ipv6(udp(hex('01')))))).toBe('')
    expect(domains.destinationOf(decodePacket(hex('')))).toBe('')
  })

  it('writes names into events, and others into the next', () => {
    const { domains } = open()
    domains.learn(responseTo('x.example', [a('x.example', SITE)]))
    const packet = logged(ipv4(udp(hex('01')), { source: CLIENT, destination: SITE }))
    const options = { recentDomains: domains }
    expect(toPacketInfo(packet, options)).toMatchObject({ RecentDomainDst: 'x.example' })
    const writer = createLineWriter(options)
    const into = new Uint8Array(1 << 16)
    const line = () => Buffer.from(into.subarray(0, writer.write(packet, into, 0))).toString()
    expect(line()).toContain('RecentDomainDst')
    domains.clear()
    expect(line()).not.toContain('RecentDomain')
    expect(domains.size).toBe(0)
  })

  it('refuses options that make no sense', () => {
    expect(() => createRecentDomains({ maxEntries: 0 })).toThrow(/^maxEntries is 0; give/)
    expect(() => createRecentDomains({ maxNamesPerAddress: 65 })).toThrow(RangeError)
    expect(() => createRecentDomains({ lingerSeconds: -1 })).toThrow(RangeError)
    expect(() => createRecentDomains({ resolvers: ['router'] })).toThrow(TypeError)
  })
})

describe('under hostile answers', () => {
  it('holds no more than it may, and finds what it holds', () => {
    const steps = fc.array(fc.tuple(fc.nat(30), fc.nat(40), fc.nat(5), fc.nat(100)), { maxLength: 300 })
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (answers, max, perAddress) => {
          const { clock, domains } = open({
            maxEntries: max,
            maxNamesPerAddress: perAddress,
            lingerSeconds: 0,
            minConfidence: 'low'
          })
          for (const [name, host, client, seconds] of answers) {
            const who = `192.168.2.${client + 10}`
            const address = `10.0.0.${host + 1}`
            domains.learn(responseTo(`n${name}.example`, [a(`n${name}.example`, address, 50)], { client: who }))
            expect(domains.size).toBeLessThanOrEqual(max)
            const found = domains.lookup(who, address)
            expect(found?.candidates.length).toBeLessThanOrEqual(perAddress)
            expect(found?.candidates.map(candidate => candidate.name)).toContain(`n${name}.example`)
            clock.pass(seconds)
          }
          clock.pass(1000)
          for (let host = 0; host <= 40; host++) expect(domains.lookup(CLIENT, `10.0.0.${host + 1}`)).toBeUndefined()
        }
      ),
      { numRuns: 60 }
    )
  })

  it('is never thrown off by an event', () => {
    const { domains } = open({ maxEntries: 50 })
    const key = fc.constantFrom('Q', 'A', 'q', 'Name', 'Hdr', 'Ttl', 'Remote', 'AAAA', 'Qclass', '__proto__')
    const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('x.example.'))
    const { value } = fc.letrec(tie => ({
      value: fc.oneof({ maxDepth: 4 }, text, fc.integer(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(key, tie('value'), { maxKeys: 6 })
    }))
    fc.assert(
      fc.property(
        fc.oneof(
          value.map(event => JSON.stringify(event)),
          fc.string()
        ),
        event => {
          domains.learnEvent('dns:serve:1.2.3.4', event)
          expect(domains.size).toBeLessThanOrEqual(50)
        }
      ),
      { numRuns: 400 }
    )
  })

  it('keeps no name that is longer than names are', () => {
    const { domains } = open()
    const packet = decodePacket(ipv4(udp(hex('01')), { source: CLIENT, destination: SITE }))
    for (const characters of [1020, 60_000, 100_000]) {
      domains.learnEvent(`dns:serve:${CLIENT}`, served('y'.repeat(characters), [{ A: SITE }]))
    }
    expect([domains.size, domains.compat.destinationOf(packet)]).toEqual([0, ''])
    domains.learnEvent(`dns:serve:${CLIENT}`, served('y'.repeat(1019), [{ A: SITE }]))
    expect(domains.compat.destinationOf(packet).length).toBe(1019)
  })

  it('keeps what is asked for again and again', () => {
    const { domains } = open({ maxEntries: 8 })
    for (let round = 0; round < 200; round++) {
      domains.learn(responseTo('home.example', [a('home.example', SITE)]))
      const address = `10.${round}.0.1`
      domains.learn(responseTo('noise.example', [a('noise.example', address)]))
      expect(domains.lookup(CLIENT, SITE)?.name).toBe('home.example')
    }
    expect(domains.size).toBe(8)
    expect(domains.evicted).toBeGreaterThan(100)
  })
})

describe('among many clients', () => {
  const fill = (
    domains: ReturnType<typeof createRecentDomains>,
    client: string,
    count: number,
    address: string
  ): void => {
    for (let index = 0; index < count; index++) {
      const name = `n${index}.example`
      const where = address.replace('x', String(index >> 8)).replace('y', String(index & 255))
      domains.learn(responseTo(name, [a(name, where, 3600)], { client }))
    }
  }

  it('no one makes those of the others forgotten', () => {
    const { domains } = open({ maxEntries: 80 })
    domains.learn(responseTo('home.example', [a('home.example', SITE, 3600)]))
    fill(domains, '192.168.2.66', 1000, '10.0.x.y')
    expect(domains.lookup(CLIENT, SITE)?.confidence).toBe('high')
    expect(domains.size).toBe(80)
    // Its own last answers are there.
    expect(domains.lookup('192.168.2.66', '10.0.3.231')?.name).toBe('n999.example')
    // Others find room, and take it from who has most.
    for (let client = 100; client < 110; client++) fill(domains, `192.168.2.${client}`, 5, '10.9.x.y')
    expect(domains.lookup('192.168.2.100', '10.9.0.0')?.confidence).toBe('high')
    expect(domains.size).toBe(80)
  })

  it('no one makes the names of an address forgotten', () => {
    const { domains } = open({ maxNamesPerAddress: 8 })
    for (let client = 10; client < 15; client++) {
      domains.learn(responseTo('cdn.example', [a('cdn.example', SITE, 3600)], { client: `192.168.2.${client}` }))
    }
    fill(domains, '192.168.2.66', 100, SITE)
    for (let client = 10; client < 15; client++) {
      expect(domains.lookup(`192.168.2.${client}`, SITE)?.name).toBe('cdn.example')
    }
    expect(domains.size).toBe(8)
  })

  it('holds as many as there is room for, when only one asks', () => {
    const { domains } = open({ maxEntries: 80 })
    fill(domains, CLIENT, 80, '10.0.x.y')
    expect([domains.size, domains.evicted]).toEqual([80, 0])
    domains.clear()
    fill(domains, CLIENT, 200, '10.0.x.y')
    expect([domains.size, domains.evicted]).toEqual([80, 120])
  })
})

describe('the compatible view', () => {
  const withEvents = vectors.filter(({ id }) => dnsEvents.has(id))

  it('has vectors', () => {
    expect(withEvents.length).toBeGreaterThan(10)
  })

  it.each(withEvents.map(vector => [vector.id, vector] as const))('shows what SPR shows: %s', (id, vector) => {
    const { domains } = open()
    for (const value of dnsEvents.get(id) ?? []) domains.learnEvent(`dns:serve:${CLIENT}`, value)
    const text = formatPacketInfo(vector.logged, { extended: false, recentDomains: domains.compat })
    expect(text === undefined ? undefined : JSON.parse(text)).toEqual(vector.expected.event)
  })

  it('lets names live for five to fifteen minutes, however often they are looked up', () => {
    const { clock, domains } = open()
    const packet = decodePacket(ipv4(udp(hex('01')), { destination: SITE }))
    const name = () => domains.compat.destinationOf(packet)
    clock.pass(301)
    domains.learnEvent('dns:serve:', served('x.example', [{ A: SITE }]))
    clock.pass(299)
    expect(name()).toBe('x.example')
    clock.pass(599)
    expect(name()).toBe('x.example')
    clock.pass(1)
    expect(name()).toBe('')
  })

  it('is shared by all clients and bounded all the same', () => {
    const { domains } = open({ maxEntries: 3 })
    for (let host = 1; host < 9; host++) {
      domains.learnEvent('dns:serve:', served(`h${host}.example`, [{ A: `10.0.0.${host}` }], '10.1.1.1:53'))
    }
    const names = Array.from({ length: 9 }, (_, host) =>
      domains.compat.sourceOf(decodePacket(ipv4(udp(hex('01')), { source: `10.0.0.${host}` })))
    )
    expect(names).toEqual(['', '', '', '', '', '', 'h6.example', 'h7.example', 'h8.example'])
  })
})
