import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, logged, tcp, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Igmp } from './igmp.js'

const v4 = (message: string) => decodePacket(ipv4(hex(message), { protocol: 1 }))
const v6 = (message: string) => decodePacket(ipv6(hex(message), 58))

describe('ICMPv4', () => {
  it('tells echo messages apart by id and sequence', () => {
    const packet = v4('0800 f7ff 1234 0005 6162')
    expect(packet.icmpv4).toMatchObject({ type: 8, code: 0, checksum: 0xf7ff, id: 0x1234, seq: 5, mtu: undefined })
    expect(packet.icmpv4?.payload).toEqual(hex('6162'))
  })

  it('gives what the type stands for and nothing else', () => {
    expect(v4('0304 0000 0000 05dc').icmpv4).toMatchObject({ mtu: 1500, id: undefined, gateway: undefined })
    expect(v4('0301 0000 0000 05dc').icmpv4?.mtu).toBeUndefined()
    expect(v4('0501 0000 c0a80201').icmpv4).toMatchObject({ gateway: '192.168.2.1' })
    expect(v4('0c00 0000 09000000').icmpv4).toMatchObject({ pointer: 9 })
  })

  it('needs eight bytes', () => {
    expect(v4('0800f7ff123400').error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'ICMPv4', offset: 20 })
  })
})

describe('ICMPv6', () => {
  it('gives what the type stands for and nothing else', () => {
    expect(v6('8000 f7ff 1234 0005').icmpv6).toMatchObject({ type: 128, id: 0x1234, seq: 5, target: undefined })
    expect(v6('0200 0000 00000500').icmpv6).toMatchObject({ mtu: 1280, id: undefined })
    expect(v6('0401 0000 00000028').icmpv6).toMatchObject({ code: 1, pointer: 40 })
  })

  it('names the target of neighbour discovery', () => {
    const packet = v6('8700 0000 00000000 fe80000000000000000000000000abcd 0101 020a11163322')
    expect(packet.icmpv6?.target).toBe('fe80::abcd')
    expect(packet.error).toBeUndefined()
  })

  it('keeps the header when the target is cut', () => {
    const packet = v6('8700 0000 00000000 fe80')
    expect(packet.icmpv6?.type).toBe(135)
    expect(packet.icmpv6?.target).toBeUndefined()
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'ICMPv6', offset: 48 })
  })
})

const router = '20010db8000000000000000000000001'

describe('what an error quotes', () => {
  const eight = (packet: Uint8Array, headerBytes: number) => packet.subarray(0, headerBytes + 8)
  const quoted = ipv4(tcp(hex('00')), { protocol: 6, source: '10.0.0.1', destination: '10.0.0.2' })

  it('says whom an error concerns, from eight bytes behind the header', () => {
    const {
      icmpv4,
      layers,
      error,
      tcp: none
    } = decodePacket(ipv4(join(hex('0301 0000 00000000'), eight(quoted, 20)), { protocol: 1 }))
    expect(icmpv4?.embeddedFlow).toEqual({
      source: '10.0.0.1',
      destination: '10.0.0.2',
      protocol: 6,
      sourcePort: 40000,
      destinationPort: 8443
    })
    // The quote is part of the message: no layer of the packet, and no error when it ends early.
    expect(layers.map(({ name }) => name)).toEqual(['IPv4', 'ICMPv4'])
    expect(error).toBeUndefined()
    expect(none).toBeUndefined()
    expect(icmpv4?.embedded?.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'TCP', offset: 20 })
  })

  it('is a packet of its own when it is whole', () => {
    const whole = decodePacket(ipv4(join(hex('0b00 0000 00000000'), quoted), { protocol: 1 })).icmpv4?.embedded
    expect(whole?.layers.map(({ name }) => name)).toEqual(['IPv4', 'TCP'])
    expect(whole?.tcp?.destinationPort).toBe(8443)
  })

  it.each([1, 2, 3, 4])('is read in ICMPv6, type %i', type => {
    const packet = decodePacket(ipv6(join([type, 0, 0, 0, 0, 0, 5, 0], eight(ipv6(udp(hex('01'))), 40)), 58))
    expect(packet.icmpv6?.embeddedFlow).toMatchObject({ protocol: 17, sourcePort: 40000, destinationPort: 9999 })
  })

  it('tells an echo by its identifier, and a later fragment by addresses only', () => {
    const echo = ipv4(hex('0800 f7ff 1234 0005'), { protocol: 1 })
    expect(
      decodePacket(ipv4(join(hex('0b00 0000 00000000'), echo), { protocol: 1 })).icmpv4?.embeddedFlow
    ).toMatchObject({ protocol: 1, id: 0x1234 })
    const later = ipv4(hex('0102030405060708'), { flagsAndOffset: 5 })
    const flow = decodePacket(ipv4(join(hex('0b00 0000 00000000'), later), { protocol: 1 })).icmpv4?.embeddedFlow
    expect(flow).toEqual({ source: '192.168.2.10', destination: '8.8.8.8', protocol: 17 })
  })

  it('ends where the message says, and extensions follow', () => {
    const filled = ipv4(udp(new Uint8Array(100)))
    expect(filled.length).toBe(128)
    const message = join(hex('0b00 0000 00200000'), filled, hex('2000ffff 00080101 00000101'))
    expect(decodePacket(ipv4(message, { protocol: 1 })).icmpv4?.embedded?.udp?.end).toBe(128)
  })

  it('is not there in messages that quote nothing, nor when there is nothing', () => {
    expect(v4('0800 f7ff 1234 0005 4500').icmpv4?.embedded).toBeUndefined()
    expect(v4('0301 0000 00000000').icmpv4?.embedded).toBeUndefined()
    expect(v4('0301 0000 00000000 45').icmpv4?.embeddedFlow).toBeUndefined()
  })

  it('is in events', () => {
    const payload = ipv4(join(hex('0304 0000 000005dc'), eight(quoted, 20)), { protocol: 1 })
    expect(toPacketInfo(logged(payload)).ICMPv4).toMatchObject({
      Type: 3,
      MTU: 1500,
      Embedded: { SrcIP: '10.0.0.1', DstIP: '10.0.0.2', Protocol: 6, SrcPort: 40000, DstPort: 8443 }
    })
  })
})

describe('other messages', () => {
  it('have times, routers and short sequence numbers', () => {
    expect(v4('0d00 0000 1234 0005 00000001 00000002 00000003').icmpv4?.timesMs).toEqual([1, 2, 3])
    expect(v4('0d00 0000 1234 0005 00000001').icmpv4?.timesMs).toBeUndefined()
    expect(v4('0900 0000 02020708 c0a80201 00000000 c0a80202 00000001').icmpv4?.routers).toEqual([
      '192.168.2.1',
      '192.168.2.2'
    ])
    expect(v4('0900 0000 02020708 c0a80201 00000000').icmpv4?.routers).toEqual(['192.168.2.1'])
    expect(v4('2a00 0000 1234 0501').icmpv4).toMatchObject({ id: 0x1234, seq: 5 })
    expect(v6('a000 0000 1234 0501').icmpv6).toMatchObject({ id: 0x1234, seq: 5 })
  })
})

describe('neighbour discovery', () => {
  it('tells what a router says about itself and the network', () => {
    const packet = v6(`8600 0000 40c8 0708 00001388 00000064
      0101 020a11163322 0501 0000 000005dc
      0304 40c0 00015180 00003840 00000000 20010db8000100000000000000000000
      1803 3018 00000e10 20010db8000200000000000000000000
      1903 0000 00000e10 ${router}
      1f03 0000 00000e10 0361 6263 0364 6566 00 016700 00000000
      2502 687474703a2f2f61 2e62 00000000
      2602 0e10 0064ff9b 0000000000000000
      0e01 010203040506`)
    expect(packet.error).toBeUndefined()
    expect(packet.icmpv6?.routerAdvertisement).toEqual({
      hopLimit: 64,
      managed: true,
      other: true,
      preference: 1,
      routerSeconds: 1800,
      reachableMs: 5000,
      retransmitMs: 100
    })
    expect(packet.icmpv6?.neighborOptions).toEqual([
      { name: 'sourceLinkAddress', address: '02:0a:11:16:33:22' },
      { name: 'mtu', mtu: 1500 },
      {
        name: 'prefix',
        prefix: '2001:db8:1::',
        prefixLength: 64,
        onLink: true,
        autonomous: true,
        validSeconds: 86400,
        preferredSeconds: 14400
      },
      { name: 'route', prefix: '2001:db8:2::', prefixLength: 48, preference: -1, lifetimeSeconds: 3600 },
      { name: 'dnsServers', lifetimeSeconds: 3600, servers: ['2001:db8::1'] },
      { name: 'dnsSearchList', lifetimeSeconds: 3600, domains: ['abc.def', 'g'] },
      { name: 'captivePortal', uri: 'http://a.b' },
      { name: 'pref64', prefix: '64:ff9b::', prefixLength: 96, lifetimeSeconds: 3600 },
      { name: 'unknown', type: 14, data: hex('010203040506') }
    ])
  })

  it('is in events', () => {
    const advertisement = hex(`8600 0000 4080 0708 00000000 00000000
      0304 40c0 00015180 00003840 00000000 20010db8000100000000000000000000
      1903 0000 00000e10 ${router} 1f02 0000 00000e10 0161 00 0000000000 0e01 010203040506`)
    expect(toPacketInfo(logged(ipv6(advertisement, 58))).ICMPv6).toMatchObject({
      Type: 134,
      CurHopLimit: 64,
      Managed: true,
      Other: false,
      RouterLifetime: 1800,
      Options: [
        { Type: 3, Prefix: '2001:db8:1::', PrefixLength: 64, OnLink: true, Autonomous: true, ValidLifetime: 86400 },
        { Type: 25, Lifetime: 3600, Servers: ['2001:db8::1'] },
        { Type: 31, Lifetime: 3600, Domains: ['a'] },
        { Type: 14, Data: 'AQIDBAUG' }
      ]
    })
    const answer = hex(`8800 0000 e0000000 ${router} 0201 020a11163322`)
    expect(toPacketInfo(logged(ipv6(answer, 58))).ICMPv6).toMatchObject({
      TargetAddress: '2001:db8::1',
      Router: true,
      Solicited: true,
      Override: true,
      Options: [{ Type: 2, LinkAddress: '02:0a:11:16:33:22' }]
    })
  })

  it('tells where a redirect leads, and what it was about', () => {
    const packet = v6(
      `8900 0000 00000000 ${router} 20010db8000000000000000000000002 0402 0000 00000000 6000000000000000`
    )
    expect(packet.icmpv6).toMatchObject({ target: '2001:db8::1', redirectDestination: '2001:db8::2' })
    expect(packet.icmpv6?.neighborOptions).toEqual([{ name: 'redirectedHeader', packet: hex('6000000000000000') }])
  })

  it.each([
    ['8500 0000 00000000 0100 020a11163322', 'DECODE_MALFORMED', 49],
    ['8500 0000 00000000 0101 020a11163322 0102 00', 'DECODE_TRUNCATED', 56],
    ['8500 0000 00000000 0101 020a11163322 01', 'DECODE_TRUNCATED', 56],
    ['8600 0000 00000000 0000', 'DECODE_TRUNCATED', 48]
  ])('keeps whole options and says what is wrong with %s', (message, code, offset) => {
    const packet = v6(message)
    expect(packet.error).toMatchObject({ code, layer: 'ICMPv6', offset })
    expect(packet.icmpv6?.neighborOptions.length).toBe(offset === 56 ? 1 : 0)
  })
})

describe('multicast listeners', () => {
  it('are asked by MLD of both versions', () => {
    expect(v6(`8200 0000 2710 0000 ${router}`).icmpv6).toMatchObject({ group: '2001:db8::1', maxResponseMs: 10000 })
    expect(v6(`8200 0000 8123 0000 ${router} 0a7d 0001 ${router}`).icmpv6).toMatchObject({
      maxResponseMs: (0x123 | 0x1000) << 3,
      sources: ['2001:db8::1']
    })
  })

  it('answer', () => {
    expect(v6(`8300 0000 0000 0000 ${router}`).icmpv6?.group).toBe('2001:db8::1')
    const report = v6(`8f00 0000 0000 0002 0401 0001 ${router} ${router} 00000000 0300 0000 ${router}`)
    expect(report.error).toBeUndefined()
    expect(report.icmpv6?.records).toEqual([
      { type: 4, group: '2001:db8::1', sources: ['2001:db8::1'] },
      { type: 3, group: '2001:db8::1', sources: [] }
    ])
  })

  it('speak IGMP, versions 1 to 3', () => {
    const igmp = (message: string) => decodePacket(ipv4(hex(message), { protocol: 2 })).get(Igmp)
    expect(igmp('1100 0000 00000000')).toMatchObject({ version: 1, maxResponse: 0, group: '0.0.0.0' })
    expect(igmp('1164 0000 e00000fb')).toMatchObject({ version: 2, maxResponse: 100, group: '224.0.0.251' })
    expect(igmp('1184 0000 e00000fb 0a7d 0001 c0a80201')).toMatchObject({
      version: 3,
      maxResponse: 160,
      sources: ['192.168.2.1']
    })
    expect(igmp('1200 0000 e00000fb')).toMatchObject({ version: 1, maxResponse: undefined })
    expect(igmp('1600 0000 e00000fb')).toMatchObject({ version: 2 })
    expect(igmp('1700 0000 e00000fb')).toMatchObject({ version: 2 })
    expect(igmp('1300 0000 e00000fb')?.version).toBeUndefined()
    expect(igmp('2200 0000 0000 0002 0401 0001 e00000fb c0a80201 00000000 0300 0000 e0000016')).toMatchObject({
      version: 3,
      group: undefined,
      records: [
        { type: 4, group: '224.0.0.251', sources: ['192.168.2.1'] },
        { type: 3, group: '224.0.0.22', sources: [] }
      ]
    })
  })

  it('are in events', () => {
    const payload = ipv4(hex('2200 0000 0000 0001 0400 0000 e00000fb'), { protocol: 2 })
    expect(toPacketInfo(logged(payload)).IGMP).toMatchObject({
      Version: 3,
      Type: 0x22,
      Records: [{ Type: 4, Group: '224.0.0.251', Sources: [] }]
    })
  })

  it.each([
    [ipv4(hex('1100 0000 0000'), { protocol: 2 }), 'IGMP', 20],
    [ipv4(hex('1100 0000 00000000 0000 0002 c0a80201'), { protocol: 2 }), 'IGMP', 36],
    [ipv4(hex('2200 0000 0000 0002 0400 0000 e00000fb 0400 0001 e00000fb'), { protocol: 2 }), 'IGMP', 36],
    [ipv6(hex('8300 0000 00000000 2001'), 58), 'ICMPv6', 48],
    [ipv6(hex('8f00 0000 0000 0001 0400'), 58), 'ICMPv6', 48]
  ])('say where they are cut: %#', (payload, layer, offset) => {
    expect(decodePacket(payload).error).toMatchObject({ code: 'DECODE_TRUNCATED', layer, offset })
  })
})
