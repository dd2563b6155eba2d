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
import { createLineWriter, formatPacketInfo, toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfoOptions } from './options.js'

const bytes = (base64: string | null | undefined): number => Buffer.from(base64 ?? '', 'base64').length
const body = Uint8Array.from({ length: 100 }, (_, index) => index)
const packet = logged(ipv4(tcp(body), { protocol: 6 }))
const into = new Uint8Array(1 << 20)

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

  it('is at least 4096 bytes', () => {
    expect(() => createLineWriter({ maxLineBytes: 4095 })).toThrow(RangeError)
    expect(() => createLineWriter({ maxLineBytes: Number.NaN })).toThrow(RangeError)
  })
})
