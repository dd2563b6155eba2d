import { describe, expect, it } from 'vitest'
import { hex, ipv4, join, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'

const body = udp(hex('01020304'))

describe('IPv4', () => {
  it('gives every field of the header', () => {
    const ip = decodePacket(ipv4(body)).ipv4
    expect(ip).toMatchObject({
      version: 4,
      ihl: 5,
      tos: 0,
      length: 32,
      id: 0x1234,
      flags: 2,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 17,
      checksum: 0xa335,
      source: '192.168.2.10',
      destination: '8.8.8.8',
      options: []
    })
    expect(ip?.contents.length).toBe(20)
    expect(ip?.payload).toEqual(body)
  })

  it('lists options and calls what follows the end padding', () => {
    const packet = decodePacket(ipv4(body, { options: hex('94040000 01 00 aa bb') }))
    expect(packet.error).toBeUndefined()
    expect(packet.ipv4?.options).toEqual([
      { type: 0x94, length: 4, data: hex('0000') },
      { type: 1, length: 1 },
      { type: 0, length: 1 }
    ])
    expect(packet.udp?.destinationPort).toBe(9999)
  })

  it('reads on in the first fragment of a packet, and says so where it does not', () => {
    const first = decodePacket(ipv4(body, { flagsAndOffset: 0x2000 }))
    expect(first.layers.map(layer => layer.name)).toEqual(['IPv4', 'UDP'])
    expect(first.unread).toBeUndefined()
    for (const flagsAndOffset of [0x0001, 0x2003]) {
      const packet = decodePacket(ipv4(body, { flagsAndOffset }))
      expect(packet.layers.map(layer => layer.name)).toEqual(['IPv4'])
      expect(packet.unread).toBe('fragment')
      expect(packet.error).toBeUndefined()
    }
  })

  it('shows in events what a first fragment carries, apart from what SPR sees', () => {
    const logged = { group: 0, prefix: '', payload: ipv4(body, { flagsAndOffset: 0x2000 }) }
    const strict = toPacketInfo(logged, { extended: false })
    const event = toPacketInfo(logged)
    expect(strict?.UDP).toBeUndefined()
    expect(event.IP).toEqual(strict?.IP)
    expect(event.UDP).toBeUndefined()
    expect(event.Inner).toMatchObject({ UDP: { DstPort: 9999 } })
  })

  it('says what options say', () => {
    const options = hex('0707 04 c0a80201 440c 0d 01 c0a80202 0000 0005 94040000 820400aa 8004bbbb 00')
    const padded = join(options, new Uint8Array((40 - options.length) % 4))
    expect(decodePacket(ipv4(body, { options: padded })).ipv4?.typedOptions).toEqual([
      { name: 'recordRoute', pointer: 4, addresses: ['192.168.2.1'] },
      { name: 'timestamp', pointer: 13, overflow: 0, flag: 1, entries: [{ address: '192.168.2.2', timeMs: 5 }] },
      { name: 'routerAlert', value: 0 },
      { name: 'security', data: hex('00aa') },
      { name: 'unknown', type: 0x80, data: hex('bbbb') },
      { name: 'endOfList' }
    ])
    const others = hex('0b0405dc 88040007 8303ff 4407050000 000a 0101')
    expect(decodePacket(ipv4(body, { options: others })).ipv4?.typedOptions.map(({ name }) => name)).toEqual([
      'mtuProbe',
      'streamId',
      'looseSourceRoute',
      'timestamp',
      'noOperation',
      'noOperation'
    ])
  })

  it('cuts bytes behind the stated length, and takes length 0 for all there is', () => {
    expect(decodePacket(ipv4(body, { length: 28 })).udp?.payload.length).toBe(0)
    expect(decodePacket(ipv4(body, { length: 0 })).ipv4?.length).toBe(32)
    expect(decodePacket(ipv4(body, { length: 9000 })).udp?.payload.length).toBe(4)
  })

  it.each([
    ['a header that is cut', hex('45000014 00000000 4011'), 'DECODE_TRUNCATED', 0, false],
    ['a length below 20', ipv4(body, { length: 19 }), 'DECODE_MALFORMED', 2, true],
    ['an option that leaves the header', ipv4(body, { options: hex('9409 0000') }), 'DECODE_MALFORMED', 20, true],
    ['an option of length 2', ipv4(body, { options: hex('9402 0000') }), 'DECODE_MALFORMED', 20, true],
    ['an option without a length', ipv4(body, { options: hex('010101 94') }), 'DECODE_MALFORMED', 23, true]
  ])('reports %s', (_what, bytes, code, offset, stays) => {
    const packet = decodePacket(bytes)
    expect(packet.error).toMatchObject({ code, layer: 'IPv4', offset })
    expect(packet.ipv4 !== undefined).toBe(stays)
    expect(packet.udp).toBeUndefined()
  })

  it('shows the inner of nested headers, and both as layers', () => {
    const inner = ipv4(body, { source: '10.0.0.1' })
    for (const protocol of [4, 94]) {
      const packet = decodePacket(ipv4(inner, { protocol }))
      expect(packet.ipv4?.source).toBe('10.0.0.1')
      expect(packet.layers.map(layer => layer.name)).toEqual(['IPv4', 'IPv4', 'UDP'])
    }
  })

  it('keeps the outer header when the inner is not IPv4', () => {
    const packet = decodePacket(ipv4(hex('60'.repeat(40)), { protocol: 4 }))
    expect(packet.ipv4?.source).toBe('192.168.2.10')
    expect(packet.error).toMatchObject({ layer: 'IPv4', offset: 20, reason: 'version 6 is not 4' })
  })
})
