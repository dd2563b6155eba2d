import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dhcpMessage,
  dnsMessage,
  dnsName,
  dnsQuestion,
  hex,
  ipv4,
  ipv6,
  join,
  logged,
  tcp,
  udp
} from '../../../test/build.js'
import { vectors } from '../../../test/vectors.js'
import { toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfo } from '../packet-info/packet-info.js'
import { formatSummary } from './index.js'

const lan = { group: 0, prefix: 'wan:out ', inDevice: 'lan0', outDevice: 'wan0' }
const lineOf = (payload: Uint8Array, more: Partial<LoggedPacket> = {}): string =>
  formatSummary(logged(payload, { ...lan, ...more }))

const base: PacketInfo = {
  Prefix: 'lan:in ',
  Action: 'allowed',
  Timestamp: '2023-11-14T22:13:20Z',
  InDev: '',
  OutDev: ''
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('formatSummary', () => {
  it('says when, what, where and who of a TCP packet', () => {
    expect(lineOf(ipv4(tcp(hex(''), { flags: 0x12 }), { protocol: 6 }))).toBe(
      '22:13:20.123 allowed wan:out      lan0→wan0   TCP    192.168.2.10:40000 → 8.8.8.8:8443 SYN ACK'
    )
  })

  it('gives the same line for a packet and for its event', () => {
    for (const { logged } of vectors) expect(formatSummary(toPacketInfo(logged))).toBe(formatSummary(logged))
  })

  it('adds the names that addresses were looked up by', () => {
    const event = toPacketInfo(logged(ipv4(udp(hex('')))), { recentDomainDst: 'dns.example' })
    expect(formatSummary(event)).toContain('→ 8.8.8.8:9999 (dns.example)')
  })

  it('writes IPv6 addresses with ports in brackets, without ports bare', () => {
    expect(lineOf(ipv6(udp(hex(''))))).toContain('UDP    [2001:db8::1]:40000 → [ff02::1]:9999')
    expect(lineOf(ipv6(hex('8000bbcb00010007'), 58))).toContain('ICMPv6 2001:db8::1 → ff02::1 echo request seq 7')
  })

  it('names who talks inside of a tunnel, and its ends', () => {
    expect(lineOf(ipv4(ipv6(tcp(hex(''), { flags: 0x02 }), 6), { protocol: 41 }))).toMatch(
      /TCP {4}\[2001:db8::1\]:40000 → \[ff02::1\]:8443 SYN through 192\.168\.2\.10 → 8\.8\.8\.8$/
    )
    const fragment = lineOf(ipv4(udp(new Uint8Array(16)), { flagsAndOffset: 0x2000 }))
    expect(fragment).toMatch(/UDP {4}192\.168\.2\.10:40000 → 8\.8\.8\.8:9999$/)
  })

  it('says what ICMP is about', () => {
    expect(lineOf(ipv4(hex('030400000000057 8'), { protocol: 1 }))).toMatch(/unreachable code 4 MTU 1400$/)
    expect(lineOf(ipv4(hex('0501000001020304'), { protocol: 1 }))).toMatch(/redirect code 1 1\.2\.3\.4$/)
    expect(lineOf(ipv6(hex('8700000000000000 fe80000000000000000000000000abcd'), 58))).toMatch(
      /neighbour solicitation fe80::abcd$/
    )
  })

  it('asks DNS questions, and shows the answers or why there are none', () => {
    const question = dnsMessage({ questions: [dnsQuestion(dnsName('c2h.se'), 65)] })
    expect(lineOf(ipv4(udp(question, 40000, 53)))).toContain('DNS    192.168.2.10:40000 → 8.8.8.8:53 ? c2h.se HTTPS')
    const answer = { Name: base64('c2h.se'), Type: 1, IP: '192.0.2.7', CNAME: null }
    const alias = { Name: base64('c2h.se'), Type: 5, IP: '', CNAME: base64('b.example') }
    const line = (dns: object): string | undefined => formatSummary({ ...base, DNS: { QR: true, ...dns } })
    const Questions = [{ Name: base64('c2h.se'), Type: 28 }]
    expect(line({ ResponseCode: 0, Questions, Answers: [alias, answer, answer, answer, { Type: 99 }] })).toMatch(
      /DNS {4}c2h\.se AAAA = b\.example, 192\.0\.2\.7, 192\.0\.2\.7, and 2 more$/
    )
    expect(line({ ResponseCode: 3, Questions, Answers: null })).toMatch(/c2h\.se AAAA NXDOMAIN$/)
    expect(line({ ResponseCode: 23, Questions: [{}] })).toMatch(/\? RCODE23$/)
  })

  it('reads the names neighbours ask each other for, which are text', () => {
    const MDNS = {
      QR: true,
      Answers: [
        { Name: 'tv.local', Type: 1, IP: '10.0.0.7' },
        { Type: 12, PTR: 'a.local' }
      ]
    }
    expect(formatSummary({ ...base, MDNS })).toMatch(/MDNS {3}= 10\.0\.0\.7, a\.local$/)
    expect(formatSummary({ ...base, LLMNR: { Questions: [{ Name: 'tv', Type: 28 }] } })).toMatch(/LLMNR {2}\? tv AAAA$/)
  })

  it('tells what DHCP hands out to whom', () => {
    const request = hex('350103 3204c0a80264 0c046c61707 4 ff')
    const dhcp = dhcpMessage(request)
    expect(lineOf(ipv4(udp(dhcp, 68, 67)))).toMatch(/DHCP .* request 192\.168\.2\.100 \(lapt\)$/)
    expect(lineOf(ipv4(udp(dhcpMessage(hex('ff')), 68, 67)))).toMatch(/DHCP .* request 192\.168\.2\.100$/)
  })

  it('names the server that is asked for, where the protocol tells', () => {
    const tls = { ...base, TLS: { SNI: 'www.example', ALPN: ['h2', 'http/1.1'] } }
    expect(formatSummary(tls)).toMatch(/TLS {4}www\.example h2 http\/1\.1$/)
    expect(formatSummary({ ...base, QUIC: { Version: 1, SNI: 'q.example' } })).toMatch(/QUIC {3}q\.example$/)
    expect(formatSummary({ ...base, HTTP: { Method: 'GET', Host: 'a.example', Target: '/x' } })).toMatch(
      /HTTP {3}GET a\.example\/x$/
    )
    const arp = { SrcIP: '10.0.0.1', SrcMAC: '02:00:00:00:00:01', DstIP: '10.0.0.2', Operation: 1 }
    expect(formatSummary({ ...base, ARP: arp })).toMatch(/ARP {4}10\.0\.0\.1 → 10\.0\.0\.2 who has 10\.0\.0\.2$/)
    expect(formatSummary({ ...base, ARP: { ...arp, Operation: 2 } })).toMatch(/10\.0\.0\.1 is at 02:00:00:00:00:01$/)
  })

  it('names protocols it has no more to say about, and what could not be decoded', () => {
    expect(lineOf(ipv4(hex('10020000'), { protocol: 46 }))).toMatch(/RSVP {3}192\.168\.2\.10 → 8\.8\.8\.8$/)
    expect(lineOf(ipv4(hex('00'), { protocol: 200 }))).toContain('protocol 200 192.168.2.10')
    expect(lineOf(ipv4(hex('9c4001bb'), { protocol: 6 }))).toMatch(/TCP .* cannot be decoded: TCP /)
    expect(lineOf(hex(''))).toContain('cannot be decoded: IP ')
  })

  it('lets the caller dress its parts, padded and safe', () => {
    const seen: string[] = []
    const line = formatSummary(logged(ipv4(udp(hex(''))), { prefix: 'a\u001b ' }), {
      style: (part, text, { action }) => {
        seen.push(part)
        return part === 'prefix' ? `<${action}:${text}>` : text
      }
    })
    expect(line).toContain('<blocked:a\\x1b       >')
    expect(seen).toEqual(['time', 'action', 'prefix', 'devices', 'protocol', 'endpoints'])
  })

  it('has none for what is no packet', () => {
    for (const value of [undefined, null, 'x', 7, [], {}, { Prefix: 'a' }, { ...base, Action: 1 }]) {
      expect(formatSummary(value as unknown)).toBeUndefined()
    }
  })

  it('is one harmless line of bounded length, whatever is on the bus', () => {
    const hostile = fc.string({ unit: 'binary' })
    const keys = ['SrcIP', 'Questions', 'Answers', 'Type', 'SNI', 'ALPN', 'Options', 'Reason']
    const layer = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()))
    const names = ['IP', 'DNS', 'TCP', 'TLS', 'HTTP', 'DHCP', 'ICMPv6', 'ARP', 'DecodeError']
    const packet = fc
      .tuple(
        fc.record({ Prefix: hostile, Action: hostile, Timestamp: hostile, InDev: hostile }),
        fc.dictionary(fc.constantFrom(...names), layer)
      )
      .map(([head, layers]) => ({ ...head, ...layers }))
    fc.assert(
      fc.property(packet, event => {
        const line = formatSummary(event as unknown, { maxLength: 200 }) ?? ''
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(line.length).toBeLessThan(210)
      })
    )
    const long = toPacketInfo(logged(join(ipv4(udp(hex(''))))), { recentDomainSrc: 'x'.repeat(100_000) })
    expect(formatSummary(long).length).toBeLessThan(1010)
  })
})
