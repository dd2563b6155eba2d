import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Esp } from './ipsec.js'

const body = udp(hex('01020304'))
const hopByHop = (next: number): Uint8Array => join([next, 0], hex('050200000100'))
const fragment = (next: number, offsetAndMore: number): Uint8Array =>
  join([next, 0, offsetAndMore >> 8, offsetAndMore & 255], hex('cafebabe'))

describe('IPv6', () => {
  it('gives every field of the header', () => {
    const packet = decodePacket(ipv6(body))
    expect(packet.ipv6).toMatchObject({
      version: 6,
      trafficClass: 0xa5,
      flowLabel: 0xcba98,
      length: 12,
      nextHeader: 17,
      hopLimit: 64,
      protocol: 17,
      source: '2001:db8::1',
      destination: 'ff02::1',
      extensions: []
    })
    expect(packet.udp?.destinationPort).toBe(9999)
  })

  it('walks every extension header to the upper layer', () => {
    const authentication = join([17, 4], new Uint8Array(22))
    const destinationOptions = join([51, 1], new Uint8Array(14))
    const routing = join([60, 0], new Uint8Array(6))
    const chain = join(hopByHop(43), routing, destinationOptions, authentication, body)
    const packet = decodePacket(ipv6(chain, 0))
    expect(packet.error).toBeUndefined()
    expect(packet.ipv6?.extensions.map(({ type, data }) => [type, data.length])).toEqual([
      [0, 8],
      [43, 8],
      [60, 16],
      [51, 24]
    ])
    expect(packet.ipv6?.protocol).toBe(17)
    expect(packet.ipv6?.contents.length).toBe(40 + 56)
    expect(packet.udp?.payload).toEqual(hex('01020304'))
  })

  it('reads on in the first fragment of a packet, and says so where it does not', () => {
    expect(decodePacket(ipv6(join(fragment(17, 0), body), 44)).udp).toBeDefined()
    const first = decodePacket(ipv6(join(fragment(17, 1), body), 44))
    expect(first.udp).toBeDefined()
    expect(first.unread).toBeUndefined()
    expect(first.error).toBeUndefined()
    expect(first.ipv6).toMatchObject({ moreFragments: true, fragmentOffset: 0, fragmentId: 0xcafebabe, protocol: 17 })
    const later = decodePacket(ipv6(join(fragment(0, 0x0008), body), 44))
    expect(later.ipv6).toMatchObject({ moreFragments: false, fragmentOffset: 1, protocol: 0 })
    expect(later.layers.length).toBe(1)
    expect(later.unread).toBe('fragment')
  })

  it('keeps the header when an extension header is cut', () => {
    const packet = decodePacket(ipv6(join(hopByHop(60), hex('110500')), 0))
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'IPv6', offset: 48 })
    expect(packet.ipv6?.extensions.length).toBe(1)
  })

  it('takes length 0 for all there is and cuts bytes behind the length', () => {
    expect(decodePacket(ipv6(body, 17, 0)).udp?.payload.length).toBe(4)
    expect(decodePacket(ipv6(join(body, hex('ffff')), 17, 12)).ipv6?.payload.length).toBe(12)
  })

  it('stops without an error where nothing follows or nothing is known', () => {
    for (const next of [59, 50, 132]) expect(decodePacket(ipv6(body, next)).error).toBeUndefined()
    expect(decodePacket(ipv6(new Uint8Array(0), 59)).layers.length).toBe(1)
  })

  it('reads IPv4 and IPv6 inside', () => {
    expect(decodePacket(ipv6(ipv4(body), 4)).layers.map(({ name }) => name)).toEqual(['IPv6', 'IPv4', 'UDP'])
    expect(decodePacket(ipv6(ipv6(body), 41)).layers.map(({ name }) => name)).toEqual(['IPv6', 'IPv6', 'UDP'])
  })

  it('believes the EtherType over the version', () => {
    expect(decodePacket(ipv4(body), 0x86dd).error).toMatchObject({ layer: 'IPv6', code: 'DECODE_TRUNCATED' })
    expect(decodePacket(ipv4(join(body, new Uint8Array(40))), 0x86dd).error).toMatchObject({ layer: 'IPv6', offset: 0 })
    expect(decodePacket(ipv6(body), 0x86dd).udp).toBeDefined()
  })

  const a = '20010db8000000000000000000000001'
  const b = '20010db8000000000000000000000002'
  const extensionsOf = (first: number, bytes: string) =>
    decodePacket(ipv6(join(hex(bytes), body), first)).ipv6?.extensions

  it('says what extension headers say', () => {
    expect(extensionsOf(0, '11 01 0502 0000 c204 00010000 0102 0000')?.[0]?.content).toEqual({
      name: 'hopByHop',
      options: [
        { type: 5, data: hex('0000') },
        { type: 0xc2, data: hex('00010000') }
      ]
    })
    expect(extensionsOf(60, `11 02 c910 ${a} 0102 0000`)?.[0]?.content).toEqual({
      name: 'destinationOptions',
      options: [{ type: 0xc9, data: hex(a) }]
    })
    expect(extensionsOf(51, '11 02 0000 00000007 00000009 aabbccdd')?.[0]?.content).toEqual({
      name: 'authentication',
      spi: 7,
      seq: 9,
      icv: hex('aabbccdd')
    })
    expect(extensionsOf(44, '11 00 0001 cafebabe')?.[0]?.content).toEqual({
      name: 'fragment',
      offset: 0,
      moreFragments: true,
      id: 0xcafebabe
    })
    expect(extensionsOf(135, '11 00 05 00 00000000')?.[0]?.content).toEqual({ name: 'mobility', messageType: 5 })
    expect(extensionsOf(139, '11 00 01 11 00000000')?.[0]?.content).toBeUndefined()
    expect(extensionsOf(140, '11 00 01 00 00000000')?.[0]?.content).toBeUndefined()
  })

  it.each([
    ['a source route', `11 04 00 02 00000000 ${a} ${b}`, [0, 2, 2]],
    ['the home address', `11 02 02 01 00000000 ${a}`, [2, 1, 1]],
    ['an RPL route without compression', `11 02 03 01 00 000000 ${a}`, [3, 1, 1]],
    ['an RPL route with compression', '11 01 03 01 ff 000000 0000000000000001', [3, 1, 0]],
    ['segments, and no TLVs behind them', `11 05 04 01 01 000000 ${a} ${b} 0406000000000000`, [4, 1, 2]],
    ['nothing in a type unknown', `11 02 09 01 00000000 ${a}`, [9, 1, 0]]
  ])('lists the addresses of a routing header: %s', (_what, bytes, [routingType, segmentsLeft, count]) => {
    const content = extensionsOf(43, bytes)?.[0]?.content
    expect(content).toMatchObject({ name: 'routing', routingType, segmentsLeft })
    expect(content?.name === 'routing' && content.addresses).toEqual(['2001:db8::1', '2001:db8::2'].slice(0, count))
  })

  it('writes extension headers into events', () => {
    const payload = ipv6(join(hex(`33 02 00 01 00000000 ${a} 11 02 0000 00000007 00000009 aabbccdd`), body), 43)
    expect(toPacketInfo({ group: 0, prefix: '', payload }).IPv6?.Extensions).toMatchObject([
      { Type: 43, RoutingType: 0, SegmentsLeft: 1, Addresses: ['2001:db8::1'] },
      { Type: 51, SPI: 7, Seq: 9 }
    ])
  })

  it('does not read what is encrypted, and says so', () => {
    const packet = decodePacket(ipv6(hex('00000007 00000009 0102030405'), 50))
    expect(packet.layers.map(({ name }) => name)).toEqual(['IPv6', 'ESP'])
    expect(packet.get(Esp)).toMatchObject({ spi: 7, seq: 9 })
    expect(packet.unread).toBe('encrypted')
  })

  it('ends where the sender says that nothing follows', () => {
    const packet = decodePacket(ipv6(hex('0102'), 59))
    expect(packet.layers.length).toBe(1)
    expect(packet.error).toBeUndefined()
    expect(packet.unread).toBeUndefined()
  })
})
