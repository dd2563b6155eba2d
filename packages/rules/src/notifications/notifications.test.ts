import type { LoggedPacket } from '@packet-logs/decoder'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded, eventOf, ping6, query, syn } from '../../test/packets.js'
import { vectors } from '../../test/vectors.js'
import type { NotificationConditions, NotificationEntry } from './entry.js'
import { NO_CONDITIONS } from './entry.js'
import type { NotificationReading } from './notifications.js'
import { createNotifications } from './notifications.js'
import { comparedPrefix, meetsConditions } from './spr-conditions.js'
import { DecodedSprPacket, JsonSprPacket } from './spr-packets.js'
import { strictFilter } from './strict-filter.js'

function entry(conditions: Partial<NotificationConditions>, notification = true): NotificationEntry {
  return { Conditions: { ...NO_CONDITIONS, ...conditions }, Notification: notification }
}

const packets: Readonly<Record<string, LoggedPacket>> = { syn, ping6, query }

/** Which packets an entry matches; packet and event must agree. */
function matching(one: NotificationEntry, reading: NotificationReading, changes: Partial<LoggedPacket> = {}): string {
  const notifications = createNotifications([one], { reading })
  return Object.entries(packets)
    .filter(([, unchanged]) => {
      const packet = { ...unchanged, ...changes }
      const found = notifications.matchPacket(packet, decoded(packet))
      expect(notifications.matchEvent(eventOf(packet))).toBe(found)
      return found === 0
    })
    .map(([name]) => name)
    .join(' ')
}

const SOURCE = '192.168.2.10'

/** syn is logged as "DROP:input ", ping6 as "lan:in ", query as "wan:out ". */
const readings: readonly [conditions: Partial<NotificationConditions>, spr: string, strict: string][] = [
  [{}, 'syn ping6 query', 'syn ping6 query'],
  [{ Prefix: 'nft:lan:in' }, 'ping6', 'ping6'],
  [{ Prefix: 'nft:DROP:input' }, 'syn', 'syn'],
  [{ Prefix: 'nft:drop:input' }, '', 'syn'],
  [{ Prefix: 'nft:drop' }, '', 'syn'],
  [{ Prefix: 'nft:dro' }, '', ''],
  [{ Prefix: 'lan:in' }, '', 'ping6'],
  [{ Prefix: 'nft:lan:in ' }, '', 'ping6'],
  [{ Prefix: 'nft:' }, '', 'syn ping6 query'],
  [{ Prefix: 'nft' }, '', 'syn ping6 query'],
  [{ Protocol: 'tcp' }, 'syn', 'syn'],
  [{ Protocol: 'udp' }, 'query', 'query'],
  [{ Protocol: 'TCP' }, 'syn ping6 query', 'syn'],
  [{ Protocol: 'icmp' }, 'syn ping6 query', ''],
  [{ Protocol: 'icmpv6' }, 'syn ping6 query', 'ping6'],
  [{ Protocol: 'any' }, 'syn ping6 query', 'syn ping6 query'],
  [{ DstPort: 53 }, 'syn ping6 query', 'query'],
  [{ SrcPort: 40000 }, 'syn ping6 query', 'syn'],
  [{ Protocol: 'udp', DstPort: 53 }, 'query', 'query'],
  [{ Protocol: 'tcp', DstPort: 53 }, '', ''],
  [{ Protocol: 'tcp', SrcPort: 40000, DstPort: 443 }, 'syn', 'syn'],
  [{ Protocol: 'UDP', DstPort: 53 }, 'syn ping6 query', 'query'],
  [{ SrcIP: SOURCE }, 'syn query', 'syn query'],
  [{ SrcIP: SOURCE, DstIP: '8.8.8.8', Protocol: 'udp' }, 'query', 'query'],
  [{ SrcIP: '192.168.2.0/24' }, '', 'syn query'],
  [{ SrcIP: ' 192.168.2.10' }, '', 'syn query'],
  [{ SrcIP: '192.168.2' }, '', ''],
  [{ SrcIP: '2001:db8::1' }, '', 'ping6'],
  [{ DstIP: '2001:DB8::2' }, '', 'ping6'],
  [{ InDev: 'eth0' }, 'syn ping6 query', 'syn ping6 query'],
  [{ InDev: 'eth' }, '', ''],
  [{ OutDev: 'eth0' }, '', '']
]

describe('an entry of notifications.json', () => {
  it.each(readings)('%j matches %j as SPR reads it, and %j as it is meant', (conditions, spr, strict) => {
    expect(matching(entry(conditions), 'spr')).toBe(spr)
    expect(matching(entry(conditions), 'strict')).toBe(strict)
    expect(matching(entry(conditions, false), 'spr')).toBe('')
    expect(matching(entry(conditions, false), 'strict')).toBe('')
  })

  it('does not see a packet without prefix, as SPR reads it', () => {
    expect(matching(entry({}), 'spr', { prefix: '' })).toBe('')
    expect(matching(entry({}), 'strict', { prefix: '' })).toBe('syn ping6 query')
  })

  it.each([
    [' drop:input', 'nft: drop:input', 'nft:drop:input'],
    ['drop:input \u0085\u00a0', 'nft:drop:input', 'nft:drop:input'],
    ['DRP:INP ', 'nft:DRP:INP', 'nft:drp:inp'],
    ['  ', 'nft:', 'nft:']
  ])('of prefix %j is compared with %j, or with the topic', (prefix, compared, topic) => {
    expect(comparedPrefix(prefix)).toBe(compared)
    expect(matching(entry({ Prefix: compared }), 'spr', { prefix })).toBe('syn ping6 query')
    expect(matching(entry({ Prefix: topic }), 'strict', { prefix })).toBe('syn ping6 query')
  })
})

describe('notifications', () => {
  it('find the first entry that matches, in either order', () => {
    const broad = entry({ Protocol: 'tcp' })
    const exact = entry({ Prefix: 'nft:DROP:input', DstIP: '8.8.8.8' })
    for (const reading of ['spr', 'strict'] as const) {
      expect(createNotifications([exact, broad], { reading }).matchPacket(syn, decoded(syn))).toBe(0)
      expect(createNotifications([broad, exact], { reading }).matchPacket(syn, decoded(syn))).toBe(0)
      expect(
        createNotifications([entry({ DstIP: '9.9.9.9' }), exact], { reading }).matchPacket(syn, decoded(syn))
      ).toBe(1)
    }
  })

  it('see in a packet what they see in its event', () => {
    for (const { id, logged } of vectors) {
      const inPacket = new DecodedSprPacket(logged, decoded(logged))
      const inEvent = new JsonSprPacket(JSON.parse(eventOf(logged).value) as Record<string, unknown>)
      const seen = [inPacket, inEvent].map(packet => [
        ...[packet.prefix, packet.inDevice, packet.outDevice, packet.sourceIp, packet.destinationIp],
        ...[packet.hasTcp, packet.sourcePort('tcp'), packet.destinationPort('tcp')],
        ...[packet.hasUdp, packet.sourcePort('udp'), packet.destinationPort('udp')]
      ])
      expect(seen[0], id).toEqual(seen[1])
    }
  })

  it('find by index what trying one by one finds', () => {
    const conditions = fc.record<NotificationConditions>({
      Prefix: fc.constantFrom('', 'nft:wan:in', 'nft:lan:in', 'nft:wan:out', 'nft:drop:input'),
      Protocol: fc.constantFrom('', 'tcp', 'udp', 'icmp'),
      DstIP: fc.constantFrom('', '', '93.184.216.34', '8.8.8.8'),
      DstPort: fc.constantFrom(0, 0, 53, 443),
      SrcIP: fc.constantFrom('', '', '192.168.2.33'),
      SrcPort: fc.constantFrom(0, 0, 40000),
      InDev: fc.constantFrom('', '', 'eth0', 'br0'),
      OutDev: fc.constantFrom('', '', 'eth0', 'wlan0')
    })
    const entries = fc.array(fc.record<NotificationEntry>({ Conditions: conditions, Notification: fc.boolean() }), {
      maxLength: 30
    })
    const packet = fc.constantFrom(...vectors.map(({ logged }) => logged))
    fc.assert(
      fc.property(entries, packet, (list, logged) => {
        const seen = new DecodedSprPacket(logged, decoded(logged))
        const expected = list.findIndex(one => {
          const { Prefix: prefix } = one.Conditions
          return meetsConditions(one, seen) && (prefix === '' || prefix === comparedPrefix(logged.prefix))
        })
        const notifications = createNotifications(list)
        expect(notifications.matchPacket(logged, decoded(logged))).toBe(expected)
        expect(notifications.matchEvent(eventOf(logged))).toBe(expected)
      }),
      { numRuns: 200 }
    )
  })

  it('make a filter that compiles of any entry', () => {
    const conditions = fc.record<NotificationConditions>({
      Prefix: fc.string({ unit: 'binary', maxLength: 400 }),
      Protocol: fc.string({ unit: 'binary' }),
      DstIP: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()),
      DstPort: fc.maxSafeInteger(),
      SrcIP: fc.constant(''),
      SrcPort: fc.integer(),
      InDev: fc.string({ unit: 'binary' }),
      OutDev: fc.constant('')
    })
    fc.assert(
      fc.property(conditions, one => {
        const notifications = createNotifications([{ Conditions: one, Notification: true }], { reading: 'strict' })
        expect(notifications.matchPacket(syn, decoded(syn))).toBeTypeOf('number')
        expect(strictFilter({ Conditions: one, Notification: false })).toBeUndefined()
      })
    )
  })

  it.each([
    [[], false, false],
    [[entry({}, true)], false, false],
    [[entry({}, false)], true, true],
    [[entry({ DstPort: 22 }, false)], true, false],
    [[entry({ Prefix: 'nft:wan:in' }, false)], false, false],
    [[entry({ Prefix: 'nft:wan:in' }), entry({}, false)], true, true]
  ])('%j pass everything on: %j as SPR reads it, %j as it is meant', (entries, spr, strict) => {
    expect(createNotifications(entries).notifyAll).toBe(spr)
    expect(createNotifications(entries, { reading: 'strict' }).notifyAll).toBe(strict)
  })

  it('send of a packet what SPR sends', () => {
    const event = eventOf(syn, { recentDomainDst: 'dns.google' })
    const notice = createNotifications([entry({ Protocol: 'tcp' })]).noticeOf(event)
    expect(notice).toMatchObject({ topic: 'nft:drop:input', notification: true })
    expect(Object.keys(JSON.parse(notice?.data ?? '') as object)).toEqual([
      'TCP',
      'IP',
      'Prefix',
      'Action',
      'Timestamp',
      'InDev',
      'OutDev'
    ])
    expect(createNotifications([entry({ Protocol: 'udp' })]).noticeOf(event)).toBeUndefined()
    const all = createNotifications([entry({ Protocol: 'udp' }), entry({}, false)])
    expect(all.noticeOf(event)).toMatchObject({ notification: false })
  })

  it('send of every decoded packet what they send of its event', () => {
    const all = createNotifications([entry({ Protocol: 'udp' }), entry({}, false)])
    const changes = [
      {},
      { inDevice: 'a"b\\', outDevice: '","OutDev":"x\\' },
      { hwType: 1, hwHeader: new Uint8Array(14) }
    ]
    const context = { action: 'a', recentDomainSrc: 'b' }
    // A packet so long that its JSON has to be cut is cut a few bytes later without the keys that are not sent.
    for (const { id, logged } of vectors.filter(({ logged: { payload } }) => payload.length < 9000)) {
      for (const more of changes) {
        const packet = { ...logged, ...more }
        const notice = all.noticeOfPacket(packet, decoded(packet), context)
        const expected = all.noticeOf(eventOf(packet, context))
        expect(JSON.stringify(JSON.parse(notice?.data ?? '')), id).toBe(expected?.data)
        expect({ ...notice, data: '' }).toEqual({ ...expected, data: '' })
      }
    }
    expect(createNotifications([entry({ Protocol: 'udp' })]).noticeOfPacket(syn, decoded(syn))).toBeUndefined()
  })

  it.each([
    ['wifi:auth:success', '{"MAC":"a"}', { data: '{"MAC":"a"}', notification: true }, { notification: true }],
    ['wifi:auth:success', '"text"', undefined, undefined],
    ['dns:serve:1', '{"a":1}', undefined, { data: '{"a":1}', notification: false }],
    ['dns:serve:1', '[1]', undefined, undefined],
    ['wan:state', 'up', undefined, undefined],
    ['nft:lan:in', 'up', undefined, undefined]
  ])('send of %s %j %j, or %j when everything is passed on', (topic, value, usually, all) => {
    const check = (entries: NotificationEntry[], expected: object | undefined): void => {
      const notice = createNotifications(entries).noticeOf({ topic, value })
      if (expected === undefined) expect(notice).toBeUndefined()
      else expect(notice).toMatchObject({ topic, ...expected })
    }
    check([entry({})], usually)
    check([entry({}, false)], all)
  })
})
