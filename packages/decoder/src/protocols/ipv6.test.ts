import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, udp } from '../../test/build.js'
import { decodePacket } from '../decoder.js'

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

  it('reads an atomic fragment and stops at any other', () => {
    expect(decodePacket(ipv6(join(fragment(17, 0), body), 44)).udp).toBeDefined()
    const first = decodePacket(ipv6(join(fragment(17, 1), body), 44))
    expect(first.udp).toBeUndefined()
    expect(first.error).toBeUndefined()
    expect(first.ipv6).toMatchObject({ moreFragments: true, fragmentOffset: 0, fragmentId: 0xcafebabe, protocol: 17 })
    const later = decodePacket(ipv6(join(fragment(0, 0x0008), body), 44))
    expect(later.ipv6).toMatchObject({ moreFragments: false, fragmentOffset: 1, protocol: 0 })
    expect(later.layers.length).toBe(1)
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
})
