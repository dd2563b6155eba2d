import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tcpEvent } from '../../test/support/packets.js'
import { parseLine } from '../../test/support/parse-line.js'
import { createCompatSchema } from './compat-schema.js'
import { createCounterSchema } from './counter-schema.js'
import { createPacketSchema } from './packet-schema.js'
import { readPacket } from './read-packet.js'
import type { Schema } from './schema.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const compat = createCompatSchema(true)
const v2 = (): Schema => createPacketSchema({ addressTags: { kind: 'none' }, communityId: true })

function linesOf(schema: Schema, event: object | string, seq = 0): readonly string[] | undefined {
  const facts = readPacket(typeof event === 'string' ? event : JSON.stringify(event))
  return facts && schema.points(facts, seq)
}

const head = {
  Prefix: 'lan:in ',
  Action: 'allowed',
  Timestamp: '2023-11-14T22:13:20.123456Z',
  InDev: 'wlan0',
  OutDev: ''
}
const ip = { SrcIP: '192.168.2.5', DstIP: '8.8.8.8', Length: 60, Protocol: 17, TTL: 64, FragOffset: 0 }
const udp = { SrcPort: 5000, DstPort: 53, Length: 40, Checksum: 31467 }
const question = (name: string, type: number): object => ({ Name: base64(name), Type: type, Class: 1 })

describe('the points of SPR', () => {
  it('have its measurements, tags and fields', () => {
    expect(linesOf(compat, tcpEvent(0))).toEqual([
      'tcp,Action=allowed,DstIP=8.8.8.8,Prefix=wan:out,SrcIP=192.168.2.5 ' +
        'Checksum=6516u,DstPort="443(https)",Length=48u,SrcPort="1024" 1790000000000000000'
    ])
    expect(linesOf(compat, { ...head, IP: ip, UDP: udp })).toEqual([
      'udp,Action=allowed,DstIP=8.8.8.8,Prefix=lan:in,SrcIP=192.168.2.5 ' +
        'Checksum=31467u,DstPort="53(domain)",Length=60u,SrcPort="5000(commplex-main)" 1700000000123456000'
    ])
    expect(linesOf(compat, { ...head, IP: ip })).toEqual([
      'ip,Action=allowed,DstIP=8.8.8.8,Prefix=lan:in,SrcIP=192.168.2.5 Length=60u 1700000000123456000'
    ])
  })

  it('are signed for a database that knows no unsigned integers', () => {
    expect(linesOf(createCompatSchema(false), { ...head, IP: ip })?.[0]).toContain(' Length=60i ')
  })

  it('hold each question of a DNS packet at a time of its own', () => {
    const dns = { ID: 7, Questions: [question('a.example', 1), question('b.example', 65), question('', 2)] }
    const lines = linesOf(compat, { ...head, IP: ip, UDP: udp, DNS: dns }, 4)?.map(parseLine)
    expect(lines?.map(({ fields, time }) => [fields['DNS.Type'], fields['DNS.Name'], fields['DNS.ID'], time])).toEqual([
      ['A', 'a.example', 7, '1700000000123456004'],
      ['Unknown', 'b.example', 7, '1700000000123457004'],
      ['NS', '', 7, '1700000000123458004']
    ])
  })

  it('are written of IPv6, too, but not of what is no IP', () => {
    const ipv6 = { SrcIP: '2001:db8::1', DstIP: '2001:db8::2', Length: 20, Protocol: 58, HopLimit: 64 }
    expect(linesOf(compat, { ...head, IPv6: ipv6 })?.[0]).toContain('SrcIP=2001:db8::1 Length=60u')
    expect(linesOf(compat, { ...head, ARP: { Operation: 1 } })).toBeUndefined()
  })
})

describe('the points of the schema v2', () => {
  it('are numbers where numbers are meant, and tag only what there are few of', () => {
    const line =
      linesOf(v2(), tcpEvent(0, { RecentDomainDst: 'dns.google', Meta: { Mark: 7, Uid: 1000 } }), 12)?.[0] ?? ''
    expect(parseLine(line)).toEqual({
      measurement: 'packets',
      tags: { action: 'allowed', family: 'ipv4', in: 'wlan0', out: 'eth0', prefix: 'wan:out', protocol: 'tcp' },
      fields: {
        bytes: 48,
        community_id: '1:C4vy7ojROb3nlbycPdal3rER2uw=',
        dst_domain: 'dns.google',
        dst_ip: '8.8.8.8',
        dst_port: 443,
        mark: 7,
        packets: 1,
        src_ip: '192.168.2.5',
        src_port: 1024,
        tcp_flags: 'SYN',
        ttl: 64,
        uid: 1000
      },
      time: '1790000000000000012'
    })
  })

  it('tell ICMP, IPv6, ARP, rules and DNS', () => {
    const fieldsOf = (event: object): unknown => parseLine(linesOf(v2(), { ...head, ...event })?.[0] ?? '').fields
    const ipv6 = { SrcIP: '2001:db8::1', DstIP: '2001:db8::2', Length: 20, Protocol: 58, HopLimit: 63 }
    expect(fieldsOf({ IPv6: ipv6, ICMPv6: { Type: 128, Code: 0 } })).toMatchObject({
      icmp_type: 128,
      icmp_code: 0,
      bytes: 60,
      ttl: 63
    })
    expect(linesOf(v2(), { ...head, ARP: { Operation: 1 } })?.[0]).toContain(
      'family=arp,in=wlan0,prefix=lan:in,protocol=arp packets=1i'
    )
    expect(linesOf(v2(), { ...head, Prefix: 'drop:input#web-7 ', IP: ip })?.[0]).toContain(
      'prefix=drop:input,protocol=udp,rule=web-7 '
    )
    const dns = { QR: true, ResponseCode: 3, Questions: [question('a.example', 65), question('b.example', 1)] }
    expect(fieldsOf({ IP: ip, UDP: udp, DNS: dns })).toMatchObject({
      dns_name: 'a.example b.example',
      dns_type: 'HTTPS A',
      dns_rcode: 3
    })
  })

  it.each([
    [
      { TCP: { SrcPort: 34855, DstPort: 80 }, IP: { ...ip, SrcIP: '128.232.110.120', DstIP: '66.35.250.204' } },
      '1:LQU9qZlK+B5F3KDmev6m5PMibrg='
    ],
    [
      { ICMPv4: { Type: 8, Code: 0 }, IP: { ...ip, Protocol: 1, SrcIP: '192.168.0.89', DstIP: '192.168.0.1' } },
      '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='
    ],
    [{ IP: ip, Meta: { CommunityId: '1:told' } }, '1:told'],
    [{ UDP: udp, IP: { ...ip, FragOffset: 5 } }, undefined],
    [{ UDP: udp, IP: { ...ip, SrcIP: 'nowhere' } }, undefined]
  ])('of %j have the community ID %s', (event, id) => {
    expect(parseLine(linesOf(v2(), { ...head, ...event })?.[0] ?? '').fields['community_id']).toBe(id)
  })

  it('have no more values of a tag than are bounded, whoever publishes', () => {
    const schema = v2()
    const prefixes = new Set<string | undefined>()
    for (let index = 0; index < 2000; index += 1) {
      prefixes.add(parseLine(linesOf(schema, tcpEvent(index, { Prefix: `p${index}` }))?.[0] ?? '').tags['prefix'])
    }
    expect(prefixes.size).toBe(257)
    expect(prefixes).toContain('other')
  })

  it('tag networks when asked to', () => {
    const schema = createPacketSchema({ addressTags: { kind: 'network', bits4: 24, bits6: 48 }, communityId: false })
    expect(parseLine(linesOf(schema, tcpEvent(0))?.[0] ?? '').tags).toMatchObject({
      src: '192.168.2.0/24',
      dst: '8.8.8.0/24'
    })
  })

  it('tell of gaps', () => {
    expect(v2().gap({ from: 1, to: 5, lost: 5, where: 'kernel', group: 1 }, 1000)).toEqual([
      'gaps,group=1,where=kernel gaps=1i,lost=5i 1000000000'
    ])
    expect(v2().gap({ from: null, to: null, lost: null, where: 'reader' }, 1000)).toEqual([
      'gaps,where=reader gaps=1i 1000000000'
    ])
  })
})

describe('counters', () => {
  it('grow, and are told of what has changed', () => {
    const schema = createCounterSchema()
    for (let index = 0; index < 3; index += 1) linesOf(schema, tcpEvent(index))
    linesOf(schema, { ...head, IP: ip })
    const tags = 'action=allowed,family=ipv4,in=wlan0'
    expect(schema.summary(5)).toEqual([
      `packet_logs,${tags},out=eth0,prefix=wan:out,protocol=tcp packets_total=3i,bytes_total=144i 5000000`,
      `packet_logs,${tags},prefix=lan:in,protocol=udp packets_total=1i,bytes_total=60i 5000000`
    ])
    expect(schema.summary(6)).toEqual([])
    linesOf(schema, { ...head, IP: ip })
    expect(schema.summary(7)).toEqual([
      `packet_logs,${tags},prefix=lan:in,protocol=udp packets_total=2i,bytes_total=120i 7000000`
    ])
  })
})

describe('whatever is published', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('a\\', '\\', 'a b', 'a,b=c', '"', 'x\ny', ' ', '\u2028')
  )
  const value = fc.oneof(nasty, fc.integer(), fc.double(), fc.constantFrom(null, true, [], {}, -1, 2 ** 60))
  const layer = fc.dictionary(
    fc.constantFrom(
      'SrcIP',
      'DstIP',
      'SrcPort',
      'DstPort',
      'Length',
      'Checksum',
      'TTL',
      'Protocol',
      'Type',
      'SNI',
      'Name',
      'SYN',
      'FragOffset'
    ),
    value
  )
  const dns = fc.record({ ID: value, Questions: fc.oneof(value, fc.array(fc.oneof(layer, value), { maxLength: 40 })) })
  const event = fc.record(
    {
      IP: fc.oneof(layer, value),
      IPv6: layer,
      TCP: fc.oneof(layer, value),
      UDP: layer,
      DNS: fc.oneof(dns, value),
      TLS: layer,
      ICMPv4: layer,
      Meta: layer,
      Prefix: nasty,
      Action: value,
      InDev: value,
      OutDev: value,
      RecentDomainDst: value
    },
    { requiredKeys: ['Prefix'] }
  )

  it.each([
    ['compat', (): Schema => createCompatSchema(true)],
    ['v2', v2],
    ['counters', createCounterSchema]
  ])('becomes lines of %s that a database can read, or none', (_name, create) => {
    const schema = create()
    fc.assert(
      fc.property(event, fc.nat(), (published, seq) => {
        const lines = [
          ...(linesOf(schema, { Timestamp: head.Timestamp, ...published }, seq) ?? []),
          ...schema.summary(1)
        ]
        for (const line of lines) {
          const { tags, fields } = parseLine(line)
          for (const tag of Object.values(tags)) expect(tag).not.toMatch(/[\p{Cc}]|\\$|^\s|\s$/u)
          expect(Object.keys(fields).length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 300 }
    )
  })

  it('keeps texts as they are as far as the format allows', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ',', '=', ' ', '"', '\\', 'ü', '🦊'),
      minLength: 1,
      maxLength: 20
    })
    fc.assert(
      fc.property(text, prefix => {
        const { tags, fields } = parseLine(
          linesOf(v2(), { ...head, Prefix: prefix, RecentDomainDst: prefix })?.[0] ?? ''
        )
        expect(fields['dst_domain']).toBe(prefix)
        const kept = prefix.trim().replace(/\\+$/, run => '/'.repeat(run.length))
        expect(tags['prefix']).toBe(kept === '' ? undefined : kept)
      }),
      { numRuns: 300 }
    )
  })

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"Prefix":"x"}',
    '{"Prefix":1,"Timestamp":"2023-11-14T22:13:20Z"}',
    '{"Prefix":"x","Timestamp":"now"}'
  ])('is no packet: %s', text => {
    expect(readPacket(text)).toBeUndefined()
  })
})
