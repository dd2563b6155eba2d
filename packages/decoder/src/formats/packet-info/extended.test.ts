import { describe, expect, expectTypeOf, it } from 'vitest'
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
} from '../../../test/build.js'
import { domainsOf, vectors } from '../../../test/vectors.js'
import { formatPacketInfo, toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfo } from './packet-info.js'

const COMMON = ['Prefix', 'Action', 'Timestamp', 'InDev', 'OutDev'] as const

/** Whether SPR's reading of the packet is one that extended mode corrects. */
function isMisread(payload: Uint8Array, event: PacketInfo): boolean {
  if ((payload[0] ?? 0) >> 4 !== 4 || event.IP?.Version !== 4) return true
  return event.TCP !== undefined && event.DNS !== undefined
}

describe('extended mode', () => {
  it('is the strict text with keys added, wherever SPR reads the packet right', () => {
    let compared = 0
    for (const vector of vectors) {
      const { logged, expected } = vector
      if (expected.event === undefined || isMisread(logged.payload, expected.event)) continue
      const options = domainsOf(vector)
      const strict = formatPacketInfo(logged, { ...options, extended: false }) ?? ''
      const extended = formatPacketInfo(logged, { ...options, maxLineBytes: 1_000_000 })
      expect([vector.id, extended.slice(0, strict.length - 1)]).toEqual([vector.id, strict.slice(0, -1)])
      compared++
    }
    expect(compared).toBeGreaterThan(450)
  })

  it('makes an event of every packet, with the keys that are never missing', () => {
    for (const { logged } of vectors) {
      const event = toPacketInfo(logged)
      for (const key of COMMON) expect(event[key]).toBeTypeOf('string')
    }
  })

  it('says what is wrong with a packet SPR drops, unless it is right', () => {
    for (const { id, logged, expected } of vectors) {
      if (expected.error === undefined) continue
      const event = toPacketInfo(logged)
      const isRight = (logged.payload[0] ?? 0) >> 4 === 6
      // Some of the IPv6 packets carry junk to the port of multicast DNS.
      const isWrong = event.DecodeError !== undefined && event.DecodeError.Layer !== 'mDNS'
      expect([id, isWrong]).toEqual([id, !isRight])
    }
  })

  it('never shows an IPv6 header as IP', () => {
    const v6 = vectors.filter(({ logged }) => (logged.payload[0] ?? 0) >> 4 === 6)
    expect(v6.length).toBeGreaterThan(20)
    for (const { tags, logged } of v6) {
      const event = toPacketInfo(logged)
      expect(event.IP).toBeUndefined()
      if (tags.includes('ipv6'))
        expect(event.IPv6).toMatchObject({ Version: 6, HopLimit: expect.any(Number) as number })
    }
  })

  it('decodes IPv6 and what is in it', () => {
    const packet = logged(ipv6(join([17, 0], hex('010400000000'), udp(hex('01'))), 60), {
      etherType: 0x86dd,
      family: 10
    })
    expect(toPacketInfo(packet)).toMatchObject({
      UDP: { SrcPort: 40000, DstPort: 9999 },
      IPv6: {
        Version: 6,
        TrafficClass: 0xa5,
        FlowLabel: 0xcba98,
        Length: 17,
        NextHeader: 60,
        HopLimit: 64,
        SrcIP: '2001:db8::1',
        DstIP: 'ff02::1',
        Protocol: 17,
        Extensions: [{ Type: 60, Data: 'EQABBAAAAAA=' }]
      },
      Meta: { Family: 10, EtherType: 0x86dd }
    })
    const fragment = logged(ipv6(hex('1100 0009 cafebabe'), 44))
    expect(toPacketInfo(fragment).IPv6?.Extensions).toMatchObject([
      { Type: 44, FragOffset: 1, MoreFragments: true, Id: 0xcafebabe }
    ])
  })

  it('adds ICMP', () => {
    const echo = toPacketInfo(logged(ipv4(hex('0800f7ff12340005 6162'), { protocol: 1 })))
    expect(echo.ICMPv4).toEqual({
      Contents: 'CAD3/xI0AAU=',
      Payload: 'YWI=',
      Type: 8,
      Code: 0,
      Checksum: 0xf7ff,
      Id: 0x1234,
      Seq: 5
    })
    expect(echo.IP?.Protocol).toBe(1)
    const redirect = toPacketInfo(logged(ipv4(hex('05010000c0a80201'), { protocol: 1 })))
    expect(redirect.ICMPv4?.Gateway).toBe('192.168.2.1')
    const solicitation = hex('8700000000000000 fe80000000000000000000000000abcd')
    const neighbour = toPacketInfo(logged(ipv6(solicitation, 58)))
    expect(neighbour.ICMPv6).toMatchObject({ Type: 135, TargetAddress: 'fe80::abcd' })
  })

  it('reads DNS over TCP behind its length', () => {
    const message = dnsMessage({ questions: [dnsQuestion(dnsName('c2h.se'))] })
    const segment = tcp(join([0, message.length], message), { destinationPort: 53 })
    const event = toPacketInfo(logged(ipv4(segment, { protocol: 6 })))
    expect(event.DNS?.Questions).toEqual([{ Name: 'YzJoLnNl', Type: 1, Class: 1 }])
    expect(event.DecodeError).toBeUndefined()
    expect(Buffer.from(event.DNS?.Contents ?? '', 'base64').length).toBe(message.length)
  })

  it('keeps the layers before an error and says where it is', () => {
    const event = toPacketInfo(logged(ipv4(udp(hex('0007'), 1, 53))))
    expect(event.UDP?.DstPort).toBe(53)
    expect(event.DNS).toBeUndefined()
    expect(event.DecodeError).toEqual({
      Layer: 'DNS',
      Offset: 28,
      Reason: '2 bytes are too few for a header of 12'
    })
  })

  it('leaves the address of a record empty that holds none', () => {
    const answers = [dnsRecord(hex('00'), 1, hex('010203'))]
    const event = toPacketInfo(logged(ipv4(udp(dnsMessage({ answers }), 53))))
    expect(event.DNS?.Answers).toMatchObject([{ IP: '', Data: 'AQID' }])
    expect(event.DecodeError?.Layer).toBe('DNS')
  })

  it('takes the action from the group unless told otherwise', () => {
    const action = (group: number, given?: string): string =>
      toPacketInfo(logged(hex(''), { group }), given === undefined ? {} : { action: given }).Action
    expect([action(0), action(1), action(7), action(1, 'see "n" <')]).toEqual([
      'allowed',
      'blocked',
      'allowed',
      'see "n" <'
    ])
  })

  it('dates a packet without a time now', () => {
    const before = Date.now()
    const { timestampUs: _, ...packet } = logged(hex(''))
    const at = Date.parse(toPacketInfo(packet).Timestamp)
    expect(at).toBeGreaterThanOrEqual(before - 1)
    expect(at).toBeLessThanOrEqual(Date.now())
  })

  it('gives text in extended mode, maybe none in strict mode', () => {
    const packet: LoggedPacket = logged(hex(''))
    expectTypeOf(formatPacketInfo(packet)).toEqualTypeOf<string>()
    expectTypeOf(toPacketInfo(packet, { payload: 'none' })).toEqualTypeOf<PacketInfo>()
    expectTypeOf(formatPacketInfo(packet, { extended: false })).toEqualTypeOf<string | undefined>()
    expect(toPacketInfo(packet, { extended: false })).toBeUndefined()
  })
})
