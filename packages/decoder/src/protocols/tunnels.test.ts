import { describe, expect, it } from 'vitest'
import { dnsMessage, dnsName, dnsQuestion, hex, ipv4, ipv6, join, logged, tcp, udp } from '../../test/build.js'
import { decodePacket, formatPacketInfo, toPacketInfo } from '../decoder.js'
import { Ethernet } from './ethernet.js'
import { Gre } from './gre.js'
import { Ah, Esp } from './ipsec.js'

const names = (payload: Uint8Array) => decodePacket(payload).layers.map(({ name }) => name)
const query = udp(dnsMessage({ questions: [dnsQuestion(dnsName('example.com'))] }), 40000, 53)
const inner = ipv4(query, { source: '10.0.0.1', destination: '10.0.0.2' })

describe('GRE', () => {
  it('carries a packet', () => {
    const packet = decodePacket(ipv4(join(hex('0000 0800'), inner), { protocol: 47 }))
    expect(packet.layers.map(({ name }) => name)).toEqual(['IPv4', 'GRE', 'IPv4', 'UDP', 'DNS'])
    expect(packet.ip?.source).toBe('10.0.0.1')
    expect(packet.ipv4).toBe(packet.ip)
    expect(packet.error).toBeUndefined()
  })

  it('has checksum, key, sequence number and, in version 1, acknowledgement as its flags say', () => {
    const greOf = (bytes: string) => decodePacket(ipv4(hex(bytes), { protocol: 47 })).get(Gre)
    expect(greOf('0000 0800')).toMatchObject({ checksum: undefined, key: undefined, seq: undefined, ack: undefined })
    expect(greOf('b000 0800 abcd0000 00000007 00000009 45')).toMatchObject({
      flags: 0xb000,
      version: 0,
      protocol: 0x0800,
      checksum: 0xabcd,
      key: 7,
      seq: 9,
      ack: undefined,
      headerEnd: 36
    })
    expect(greOf('3081 880b 00000007 00000009 0000000a 45')).toMatchObject({ version: 1, key: 7, seq: 9, ack: 10 })
  })

  it('carries Ethernet, tagged or not', () => {
    const frame = hex('0a53455e370d 029f11913383')
    const plain = ipv4(join(hex('0000 6558'), frame, hex('0800'), inner), { protocol: 47 })
    expect(names(plain)).toEqual(['IPv4', 'GRE', 'Ethernet', 'IPv4', 'UDP', 'DNS'])
    expect(decodePacket(plain).get(Ethernet)?.isLink).toBe(false)
    const tagged = join(hex('0000 6558'), frame, hex('8100 0005 86dd'), ipv6(query))
    expect(names(ipv6(tagged, 47))).toEqual(['IPv6', 'GRE', 'Ethernet', 'VLAN', 'IPv6', 'UDP', 'DNS'])
    expect(names(ipv4(join(hex('0000 6558'), frame, hex('0026 4242')), { protocol: 47 }))).toHaveLength(3)
  })

  it.each([
    ['0000', 'DECODE_TRUNCATED', 20, false],
    ['2000 0800 0000', 'DECODE_TRUNCATED', 26, true],
    ['0002 0800', 'DECODE_MALFORMED', 21, true],
    ['4000 0800', 'DECODE_MALFORMED', 20, true]
  ])('says what is wrong with %s', (bytes, code, offset, stays) => {
    const packet = decodePacket(ipv4(hex(bytes), { protocol: 47 }))
    expect(packet.error).toMatchObject({ code, layer: 'GRE', offset })
    expect(packet.get(Gre) !== undefined).toBe(stays)
    expect(packet.get(Gre)?.key).toBeUndefined()
  })
})

describe('what SPR does not look into', () => {
  const tunnels: Record<string, Uint8Array> = {
    GRE: ipv4(join(hex('0000 0800'), inner), { protocol: 47 }),
    '6in4': ipv4(ipv6(query), { protocol: 41 }),
    AH: ipv4(join(hex('11 01 0000 00000007 00000009'), query), { protocol: 51 }),
    'GRE in GRE': ipv4(join(hex('0000 0800'), ipv4(join(hex('0000 0800'), inner), { protocol: 47 })), { protocol: 47 })
  }

  it.each(Object.entries(tunnels))('is under Inner, beside what SPR says: %s', (_what, payload) => {
    const strict = formatPacketInfo(logged(payload), { extended: false }) ?? ''
    const text = formatPacketInfo(logged(payload))
    expect(strict).toContain('"IP":')
    expect(text.startsWith(strict.slice(0, -1))).toBe(true)
    const event = toPacketInfo(logged(payload))
    expect(event.IP?.SrcIP).toBe('192.168.2.10')
    expect(event.UDP).toBeUndefined()
    expect(event.Inner).toMatchObject({ UDP: { DstPort: 53 }, DNS: { QDCount: 1 } })
    expect(decodePacket(payload).dns?.questions.length).toBe(1)
  })

  it('keeps the keys of IPv6 apart, too', () => {
    const event = toPacketInfo(logged(ipv4(ipv6(query), { protocol: 41 })))
    expect(event.IPv6).toBeUndefined()
    expect(event.Inner?.IPv6?.SrcIP).toBe('2001:db8::1')
    const packet = decodePacket(ipv4(ipv6(query), { protocol: 41 }))
    expect([packet.ipv4?.protocol, packet.ipv6?.nextHeader, packet.ip === packet.ipv6]).toEqual([41, 17, true])
  })

  it('is what SPR looks into in IP in IP: the inner packet replaces the outer', () => {
    const event = toPacketInfo(logged(ipv4(inner, { protocol: 4 })))
    expect(event.IP?.SrcIP).toBe('10.0.0.1')
    expect(event.UDP?.DstPort).toBe(53)
    expect(event.Inner).toBeUndefined()
  })

  it('fits a line, however long', () => {
    const payload = ipv4(join(hex('0000 0800'), ipv4(tcp(new Uint8Array(40_000)), { protocol: 6 })), { protocol: 47 })
    const text = formatPacketInfo(logged(payload))
    expect(text.length).toBeLessThan(65_000)
    expect(JSON.parse(text)).toMatchObject({ Inner: { TCP: { DstPort: 8443 } }, Truncated: true })
  })
})

describe('IPsec', () => {
  it('authenticates what can be read', () => {
    const packet = decodePacket(ipv4(join(hex('11 02 0000 00000007 00000009 aabbccdd'), query), { protocol: 51 }))
    expect(packet.get(Ah)).toMatchObject({ nextHeader: 17, spi: 7, seq: 9, icv: hex('aabbccdd') })
    expect(packet.udp?.destinationPort).toBe(53)
  })

  it('encrypts what cannot', () => {
    const packet = decodePacket(ipv4(hex('00000007 00000009 0102'), { protocol: 50 }))
    expect(packet.get(Esp)).toMatchObject({ spi: 7, seq: 9 })
    expect(packet.unread).toBe('encrypted')
    expect(toPacketInfo(logged(ipv4(hex('00000007 00000009 0102'), { protocol: 50 }))).ESP).toEqual({ SPI: 7, Seq: 9 })
  })

  it.each([
    [50, '00000007 000000', 'ESP', 'DECODE_TRUNCATED'],
    [51, '11 01 0000 00000007 000000', 'AH', 'DECODE_TRUNCATED'],
    [51, '11 00 0000 00000007 00000009', 'AH', 'DECODE_MALFORMED'],
    [51, '11 04 0000 00000007 00000009', 'AH', 'DECODE_TRUNCATED']
  ])('says what is wrong: protocol %i, %s', (protocol, bytes, layer, code) => {
    expect(decodePacket(ipv4(hex(bytes), { protocol })).error).toMatchObject({ layer, code })
  })
})
