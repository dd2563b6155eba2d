import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dhcpMessage,
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
import { clientHello, serverName, tlsRecord } from '../../../test/build-tls.js'
import { createLineWriter, decodePacket, formatPacketInfo, toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfoOptions } from './options.js'
import type { InnerInfo } from './packet-info.js'

const bytes = (base64: string | null | undefined): number => Buffer.from(base64 ?? '', 'base64').length
const body = Uint8Array.from({ length: 100 }, (_, index) => index)
const packet = logged(ipv4(tcp(body), { protocol: 6 }))
const into = new Uint8Array(1 << 20)
const APPLICATIONS: ReadonlySet<string> = new Set(['DNS', 'mDNS', 'LLMNR', 'DHCPv4', 'TLS', 'HTTP'])

function lineLength(logged: LoggedPacket, options?: PacketInfoOptions): number {
  return createLineWriter(options).write(logged, into, 0)
}

describe('payload policy', () => {
  it.each([
    ['full', 100, 20, false],
    ['headers', 0, 20, true],
    [10, 10, 20, true],
    [100, 100, 20, false],
    [1000, 100, 20, false],
    ['none', 0, 0, true]
  ] as const)('%s keeps %i bytes of payload and %i of the header', (payload, kept, header, isTruncated) => {
    const event = toPacketInfo(packet, { payload })
    expect(bytes(event.TCP?.Payload)).toBe(kept)
    expect(bytes(event.TCP?.Contents)).toBe(header)
    expect(bytes(event.IP?.Contents)).toBe(header)
    expect(bytes(event.IP?.Payload)).toBe(payload === 'none' ? 0 : 20 + kept)
    expect(event.Truncated).toBe(isTruncated ? true : undefined)
    expect(event.TCP?.DstPort).toBe(8443)
  })

  it('does not call a packet cut that has nothing to cut', () => {
    const empty = logged(ipv4(tcp(new Uint8Array(0)), { protocol: 6 }))
    expect(toPacketInfo(empty, { payload: 'headers' }).Truncated).toBeUndefined()
    expect(toPacketInfo(empty, { payload: 'none' }).Truncated).toBe(true)
    expect(toPacketInfo(logged(new Uint8Array(0)), { payload: 'none' }).Truncated).toBeUndefined()
  })

  it('shows the bytes of a packet it can read nothing of, as far as the policy allows', () => {
    const junk = logged(hex('f00102030405'))
    expect(toPacketInfo(junk)).toMatchObject({ Raw: '8AECAwQF', DecodeError: { Layer: 'IP' } })
    expect(toPacketInfo(junk, { payload: 2 })).toMatchObject({ Raw: '8AE=', Truncated: true })
    for (const payload of ['headers', 'none'] as const) {
      expect(toPacketInfo(junk, { payload })).toMatchObject({ Truncated: true })
      expect(toPacketInfo(junk, { payload })).not.toHaveProperty('Raw')
    }
    expect(toPacketInfo(logged(ipv4(hex(''))))).not.toHaveProperty('Raw')
  })

  it('shows of a large one as much as a line holds, and no more', () => {
    const large = logged(new Uint8Array(60_000))
    for (const maxLineBytes of [5000, 65_000]) {
      const length = lineLength(large, { maxLineBytes })
      expect([length <= maxLineBytes, length > maxLineBytes - 20]).toEqual([true, true])
      expect(toPacketInfo(large, { maxLineBytes }).Truncated).toBe(true)
    }
  })

  it('cuts raw copies of DNS and DHCP and keeps what was decoded', () => {
    const message = dnsMessage({ questions: [dnsQuestion(dnsName('c2h.se'))] })
    const dns = toPacketInfo(logged(ipv4(udp(message, 1, 53))), { payload: 3 })
    expect([bytes(dns.DNS?.Contents), bytes(dns.UDP?.Payload), bytes(dns.IP?.Payload)]).toEqual([3, 3, 11])
    expect(dns.DNS?.Questions?.length).toBe(1)
    const dhcp = toPacketInfo(logged(ipv4(udp(dhcpMessage(hex('350101ff')), 68, 67))), { payload: 'headers' })
    expect([dhcp.DHCP?.Contents, dhcp.DHCP?.ClientHWAddr]).toEqual(['', 'AgoRFjMi'])
  })

  describe('what applications say', () => {
    const query = dnsMessage({ questions: [dnsQuestion(dnsName('secret.example'))] })
    const svcb = dnsMessage({ answers: [dnsRecord(hex('00'), 64, join(hex('0001'), dnsName('secret.example')))] })
    const request = Buffer.from(
      'GET /secret?token HTTP/1.1\r\nHost: secret.example\r\nUser-Agent: secret\r\n\r\nsecret'
    )
    const over = (transport: Uint8Array, protocol = 17): Uint8Array[] => [
      ipv4(transport, { protocol }),
      ipv6(transport, protocol),
      ipv4(ipv6(transport, protocol), { protocol: 41 }),
      ipv4(join(hex('0000 0800'), ipv4(transport, { protocol })), { protocol: 47 }),
      ipv4(transport, { protocol, flagsAndOffset: 0x2000 })
    ]
    const quoted = ipv4(udp(query, 40000, 53))
    const packets = [
      ...over(udp(query, 40000, 53)),
      ...over(udp(svcb, 53, 40000)),
      ...over(udp(query, 5353, 5353)),
      ...over(udp(query, 40000, 5355)),
      ...over(tcp(join([0, query.length], query), { destinationPort: 53 }), 6),
      ...over(udp(dhcpMessage(join(hex('0c06'), Buffer.from('secret'), [255])), 68, 67)),
      ...over(tcp(tlsRecord(clientHello({ extensions: [serverName('secret.example')] })), {}), 6),
      ...over(tcp(request, { destinationPort: 80 }), 6),
      ...over(udp(Buffer.from('secret'))),
      ...over(join(hex('9c40 0050 0008 abcd'), Buffer.from('secret')), 136),
      ...over(
        join(hex('9c40 0050 00000007 deadbeef 0003 0016 00000001 0002 0003 00000000'), Buffer.from('secret')),
        132
      ),
      ipv4(join(hex('0303 0000 00000000'), quoted), { protocol: 1 }),
      ipv6(join(hex('0104 0000 00000000'), ipv6(udp(query, 40000, 53))), 58),
      ipv4(join(hex('0800 0000 00010001'), Buffer.from('secret')), { protocol: 1 }),
      ipv4(Buffer.from('secret'), { protocol: 253 }),
      ipv4(join(hex('0000 1234'), Buffer.from('secret')), { protocol: 47 }),
      Uint8Array.from(Buffer.from('\u00f0secret', 'latin1'))
    ]

    /** Every text of an event, and what it is the base64 or the hexadecimal digits of. */
    const tells = (event: unknown): string =>
      typeof event === 'string'
        ? [event, Buffer.from(event, 'base64').toString('latin1'), Buffer.from(event, 'hex').toString('latin1')].join()
        : typeof event === 'object' && event !== null
          ? Object.values(event).map(tells).join()
          : ''

    it('is not told by none, wherever it stands', () => {
      for (const payload of packets) {
        for (const extended of [true, false]) {
          const text = formatPacketInfo(logged(payload), { payload: 'none', extended, communityId: false })
          if (text !== undefined) expect(tells(JSON.parse(text))).not.toContain('secret')
        }
        expect(tells(toPacketInfo(logged(payload)))).toContain('secret')
      }
    })

    it('is told by headers as far as it is a name', () => {
      const headers = { payload: 'headers' } as const
      const http = toPacketInfo(logged(ipv4(tcp(request, { destinationPort: 80 }), { protocol: 6 })), headers)
      expect(http.HTTP).toEqual({ Method: 'GET', Version: '1.1', Host: 'secret.example', UserAgent: 'secret' })
      expect(http.TCP?.Payload).toBe('')
      expect(toPacketInfo(logged(quoted), headers).DNS?.Questions?.length).toBe(1)
      const rest = packets.filter(payload => decodePacket(payload).layers.every(({ name }) => !APPLICATIONS.has(name)))
      expect(rest.length).toBeGreaterThan(15)
      for (const payload of rest) expect(tells(toPacketInfo(logged(payload), headers))).not.toContain('secret')
    })

    it('leaves what is below it', () => {
      const sctp = toPacketInfo(logged(ipv4(hex('9c40 0050 00000007 deadbeef'), { protocol: 132 })), {
        payload: 'none'
      })
      expect(sctp.SCTP).toMatchObject({ SrcPort: 40_000, DstPort: 80 })
      const arp = hex('0001 0800 06 04 0001 029f11913383 c0a8020a 000000000000 c0a80201')
      expect(toPacketInfo(logged(arp, { etherType: 0x0806 }), { payload: 'none' }).ARP?.SrcIP).toBe('192.168.2.10')
      expect(toPacketInfo(logged(quoted), { payload: 'none' }).UDP?.DstPort).toBe(53)
    })
  })

  it('cuts behind an IP header when nothing behind it was decoded', () => {
    const event = toPacketInfo(logged(ipv4(body, { protocol: 50 })), { payload: 7 })
    expect(bytes(event.IP?.Payload)).toBe(7)
    const v6 = toPacketInfo(logged(ipv6(body, 50)), { payload: 7 })
    expect([bytes(v6.IPv6?.Contents), bytes(v6.IPv6?.Payload)]).toEqual([40, 7])
  })

  it.each([-1, Number.NaN, 'some' as 'full'])('refuses %s', payload => {
    expect(() => formatPacketInfo(packet, { payload })).toThrow(RangeError)
  })
})

describe('the longest line', () => {
  it('is 65000 bytes unless told otherwise', () => {
    const large = logged(ipv4(udp(new Uint8Array(60_000))))
    const length = lineLength(large)
    expect(length).toBeLessThanOrEqual(65_000)
    expect(length).toBeGreaterThan(64_980)
    const event = toPacketInfo(large)
    expect(event.Truncated).toBe(true)
    expect(bytes(event.IP?.Payload)).toBe(bytes(event.UDP?.Payload) + 8)
  })

  it('is kept to and used up, whatever the packet', () => {
    const names = dnsName('a.very.long.name.example.com')
    const messages = (size: number): Uint8Array[] => [
      ipv4(tcp(new Uint8Array(size)), { protocol: 6 }),
      ipv6(udp(new Uint8Array(size))),
      ipv4(new Uint8Array(size), { protocol: 1 }),
      ipv4(udp(join(dnsMessage({ questions: [dnsQuestion(names)] }), new Uint8Array(size)), 1, 53)),
      ipv4(udp(dhcpMessage(new Uint8Array(size)), 1, 67)),
      ipv6(join([17, 0], new Uint8Array(6), udp(new Uint8Array(size))), 60)
    ]
    const sizes = fc.integer({ min: 0, max: 6000 })
    const limits = fc.integer({ min: 4096, max: 9000 })
    const policies = fc.constantFrom('full' as const, 'headers' as const, 'none' as const, 1000)
    fc.assert(
      fc.property(sizes, limits, policies, (size, maxLineBytes, payload) => {
        for (const message of messages(size)) {
          const options = { maxLineBytes, payload }
          const length = lineLength(logged(message), options)
          expect(length).toBeGreaterThan(0)
          expect(length).toBeLessThanOrEqual(maxLineBytes)
          const line = JSON.parse(Buffer.from(into.subarray(0, length)).toString()) as { value: string }
          expect(line.value).toBe(formatPacketInfo(logged(message), options))
          const wanted = lineLength(logged(message), { payload, maxLineBytes: 1_000_000 })
          expect((JSON.parse(line.value) as { Truncated?: true }).Truncated === true).toBe(
            wanted > maxLineBytes ||
              toPacketInfo(logged(message), { payload, maxLineBytes: 1_000_000 }).Truncated === true
          )
          if (wanted <= maxLineBytes) expect(length).toBe(wanted)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('costs decoded DNS only when cutting bytes does not help', () => {
    const records = Array.from({ length: 200 }, () => dnsRecord(hex('00'), 1, hex('01020304')))
    const many = logged(ipv4(udp(dnsMessage({ answers: records }), 53)))
    const event = toPacketInfo(many)
    expect([event.DNS, event.UDP?.SrcPort, event.Truncated]).toEqual([undefined, 53, true])
    const few = logged(ipv4(udp(dnsMessage({ answers: records.slice(0, 100) }), 53)))
    expect(toPacketInfo(few).DNS?.Answers?.length).toBe(100)
  })

  it('costs the list of extension headers, then layers, then the ends of strings', () => {
    const headers = Array.from({ length: 500 }, () => hex('3c00010400000000'))
    const long = logged(ipv6(join(...headers, hex('3b00010400000000')), 60))
    expect(toPacketInfo(long, { maxLineBytes: 4096 }).IPv6).toMatchObject({ Extensions: null, Protocol: 59 })

    const nops = new Uint8Array(40).fill(1)
    const options = logged(ipv4(tcp(new Uint8Array(0), { options: nops }), { protocol: 6, options: nops }))
    const event = toPacketInfo(options, { maxLineBytes: 4096 })
    expect([event.IP, event.TCP, event.Truncated, event.Prefix]).toEqual([undefined, undefined, true, 'drop:input '])

    const odd = { prefix: '\u0001'.repeat(5000), inDevice: '"'.repeat(5000), outDevice: '€'.repeat(5000) }
    const strange = { ...packet, ...odd, physInDevice: 'x'.repeat(5000) }
    const huge = { maxLineBytes: 4096, action: '\\'.repeat(5000), recentDomainSrc: 'd'.repeat(5000) }
    expect(lineLength(strange, huge)).toBeLessThanOrEqual(4096)
    expect(toPacketInfo(strange, huge).Prefix.length).toBe(128)
  })

  it('never costs who sent a packet with a long list of small things', () => {
    const many = (count: number, item: Uint8Array): Uint8Array => join(...Array.from({ length: count }, () => item))
    const mac = hex('0101 020a11163322')
    const group = hex('01000000 e00000fb')
    const listener = join(hex('01000000 ff02000000000000'), hex('00000000000000fb'))
    const eight = new Uint8Array(8)
    const packets: [Uint8Array, keyof InnerInfo, keyof InnerInfo][] = [
      [ipv6(join(hex('8600 0000 4008 0708'), eight, many(8000, mac)), 58), 'IPv6', 'ICMPv6'],
      [ipv6(join(hex('8f00 0000 0000 0bb8'), many(3000, listener)), 58), 'IPv6', 'ICMPv6'],
      [ipv4(join(hex('2200 0000 0000 1f40'), many(8000, group)), { protocol: 2 }), 'IP', 'IGMP'],
      [ipv4(join(hex('0900 0000 ff02 0708'), many(255, hex('c0a80201 00000000'))), { protocol: 1 }), 'IP', 'ICMPv4'],
      [ipv4(join(hex('9c40 0050 00000007 deadbeef'), many(16_000, hex('00000004'))), { protocol: 132 }), 'IP', 'SCTP']
    ]
    for (const [payload, network, transport] of packets) {
      for (const maxLineBytes of [4096, 65_000]) {
        const event = toPacketInfo(logged(payload), { maxLineBytes })
        expect([network, event[network]]).not.toEqual([network, undefined])
        expect([transport, event[transport]]).not.toEqual([transport, undefined])
        expect(event.Truncated).toBe(maxLineBytes === 4096 || payload.length > 10_000 ? true : undefined)
      }
    }
  })

  it('is at least 4096 bytes', () => {
    expect(() => createLineWriter({ maxLineBytes: 4095 })).toThrow(RangeError)
    expect(() => createLineWriter({ maxLineBytes: Number.NaN })).toThrow(RangeError)
  })
})
