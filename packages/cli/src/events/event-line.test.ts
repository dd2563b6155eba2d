import { formatPacketInfo, type LoggedPacket } from '@packet-logs/decoder'
import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { formatEventJson, formatEventLine } from './event-line.js'

const plain = pc.createColors(false)
const now = new Date(2026, 0, 2, 3, 4, 5, 6)

/** The line for a packet as our own decoder puts it on the bus. */
function lineOf(payloadHex: string, fields: Partial<LoggedPacket> = {}, options = {}): string {
  const payload = Buffer.from(payloadHex.replaceAll(' ', ''), 'hex')
  const packet: LoggedPacket = {
    group: 0,
    prefix: 'wan:out ',
    payload,
    etherType: (payload[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800,
    timestampUs: 1_700_000_000_123_456,
    inDevice: 'lan0',
    outDevice: 'wan0',
    ...fields
  }
  return formatEventLine({ topic: 'nft:wan:out', value: formatPacketInfo(packet, options) ?? '' }, plain, now)
}

const ipv4Tcp = '4500003000010000400666 09c0a80205 08080808 9c4001bb 00000001 00000000 70 02 faf0 1974 0000'
const options = '020405b401010402'
const ipv6Echo =
  '60000000 0010 3a 40 20010db8000000000000000000000001 20010db8000000000000000000000002 80 00 1234 0001 0007 0102030405060708'
const dnsQuery = `450000 3a 0000 0000 40 11 0000 c0a80205 08080808 d431 0035 0026 0000 ${'0007 0100 0001 0000 0000 0000'} 03 633268 02 7365 00 0001 0001 00000000000000000000`

describe('formatEventLine', () => {
  it('says when, what, where and who of a TCP packet', () => {
    expect(lineOf(ipv4Tcp + options)).toBe(
      '22:13:20.123 allowed wan:out      lan0→wan0   TCP    192.168.2.5:40000 → 8.8.8.8:443 SYN'
    )
  })

  it('adds the names that addresses were looked up by', () => {
    const line = lineOf(ipv4Tcp + options, { group: 1 }, { recentDomainDst: 'dns.example' })
    expect(line).toContain('blocked wan:out')
    expect(line).toContain('→ 8.8.8.8:443 (dns.example) SYN')
  })

  it('writes IPv6 without ports bare, and says what an ICMPv6 packet is', () => {
    expect(lineOf(ipv6Echo)).toContain('ICMPv6 2001:db8::1 → 2001:db8::2 echo request seq 7')
  })

  it('puts IPv6 addresses with ports in brackets', () => {
    const udp = `60000000 0008 11 40 ${'20010db8000000000000000000000001'} ff020000000000000000000000000002 1388 1389 0008 0000`
    expect(lineOf(udp)).toContain('UDP    [2001:db8::1]:5000 → [ff02::2]:5001')
  })

  it('asks DNS questions by name and type', () => {
    expect(lineOf(dnsQuery)).toContain('DNS    192.168.2.5:54321 → 8.8.8.8:53 ? c2h.se A')
  })

  it('shows the answers of a DNS response, a few of them, or why there are none', () => {
    const name = Buffer.from('c2h.se').toString('base64')
    const answer = { Name: name, Type: 1, IP: '192.0.2.7', CNAME: null }
    const alias = { Name: name, Type: 5, IP: '', CNAME: Buffer.from('b.example').toString('base64') }
    const base = { Prefix: 'lan:in ', Action: 'allowed', Timestamp: '2023-11-14T22:13:20Z', InDev: 'wan0', OutDev: '' }
    const questions = [{ Name: name, Type: 28 }]
    const line = (dns: object): string => {
      return formatEventLine({ topic: 'nft:x', value: JSON.stringify({ ...base, DNS: dns }) }, plain, now)
    }
    expect(line({ QR: true, ResponseCode: 0, Questions: questions, Answers: [alias, answer, answer, answer] })).toBe(
      '22:13:20.000 allowed lan:in       wan0        DNS    c2h.se AAAA = b.example, 192.0.2.7, 192.0.2.7, and 1 more'
    )
    expect(line({ QR: true, ResponseCode: 3, Questions: questions, Answers: null })).toContain('c2h.se AAAA NXDOMAIN')
  })

  it('names protocols it has no more to say about, and what could not be decoded', () => {
    expect(lineOf('45000014000000004002 0000 c0a80205 e0000001')).toContain('IGMP   192.168.2.5 → 224.0.0.1')
    expect(lineOf('4500001800000000 4006 0000 c0a80205 08080808 9c4001bb')).toMatch(/TCP .* cannot be decoded: TCP /)
  })

  it('writes other events as topic and compact value, stamped with the time they came', () => {
    const event = { topic: 'wifi:auth:fail', value: '{ "MAC": "02:00:00:00:00:01",\n "Reason": 1 }' }
    expect(formatEventLine(event, plain, now)).toBe(
      '03:04:05.006 wifi:auth:fail {"MAC":"02:00:00:00:00:01","Reason":1}'
    )
    expect(formatEventLine({ topic: 't', value: 'not JSON' }, plain, now)).toBe('03:04:05.006 t not JSON')
  })

  it('colours by action on request', () => {
    const value = formatPacketInfo({ group: 1, prefix: 'drop:input ', payload: new Uint8Array() }) ?? ''
    expect(formatEventLine({ topic: 'nft:drop:input', value }, pc.createColors(true), now)).toContain(
      '\u001b[31mblocked'
    )
  })

  it('is one line without control characters, whatever is on the bus', () => {
    const hostile = fc.string({ unit: 'binary' })
    const layer = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('SrcIP', 'Questions', 'Type'), fc.jsonValue()))
    const packet = fc
      .record({
        Prefix: hostile,
        Action: hostile,
        Timestamp: hostile,
        InDev: hostile,
        IP: layer,
        DNS: layer,
        TCP: layer
      })
      .map(value => JSON.stringify(value))
    fc.assert(
      fc.property(hostile, fc.oneof(hostile, packet), (topic, value) => {
        expect(formatEventLine({ topic, value }, plain, now)).not.toMatch(/\p{Cc}/u)
      })
    )
  })
})

describe('formatEventJson', () => {
  it('is one line that parses to the topic and the value, JSON or not', () => {
    const value = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.json().map(text => ` ${text}\r\n`)
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), value, (topic, text) => {
        const line = formatEventJson({ topic, value: text })
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(line)).toEqual({ Topic: topic, Value: parsed(text) })
      })
    )
  })

  it('keeps the digits and the order of JSON values', () => {
    const value = '{"b":1.0,"a":12345678901234567890}'
    expect(formatEventJson({ topic: 't', value })).toBe(`{"Topic":"t","Value":${value}}`)
  })
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
