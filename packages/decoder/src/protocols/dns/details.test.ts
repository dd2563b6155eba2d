import type { Answer } from 'dns-packet'
import dnsPacket from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { dnsMessage, dnsName, dnsQuestion, dnsRecord, hex, ipv4, join, logged, udp } from '../../../test/build.js'
import { decodePacket, formatPacketInfo, toPacketInfo } from '../../decoder.js'

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text))
const name = dnsName('example.org')
const payload = (...answers: readonly Uint8Array[]) =>
  ipv4(udp(dnsMessage({ flags: 0x8180, questions: [dnsQuestion(name)], answers }), 53, 40000))
const detailsOf = (type: number, data: Uint8Array) => {
  const { dns, error } = decodePacket(payload(dnsRecord(name, type, data)))
  return { details: dns?.answers[0]?.details, error }
}

/** Records as another library encodes them, and what is read from them. */
const encoded: readonly (readonly [Answer, object])[] = [
  [
    { type: 'A', name: 'a', data: '1.2.3.4' },
    { kind: 'A', address: '1.2.3.4' }
  ],
  [
    { type: 'AAAA', name: 'a', data: '2001:db8::1' },
    { kind: 'AAAA', address: '2001:db8::1' }
  ],
  [
    { type: 'CNAME', name: 'a', data: 'b.example' },
    { kind: 'CNAME', target: 'b.example' }
  ],
  [
    { type: 'DNAME', name: 'a', data: 'b.example' },
    { kind: 'DNAME', target: 'b.example' }
  ],
  [
    { type: 'NS', name: 'a', data: 'ns.example' },
    { kind: 'NS', target: 'ns.example' }
  ],
  [
    { type: 'PTR', name: 'a', data: 'host.example' },
    { kind: 'PTR', target: 'host.example' }
  ],
  [
    { type: 'HINFO', name: 'a', data: { cpu: 'x', os: 'linux' } },
    { kind: 'HINFO', cpu: 'x', os: 'linux' }
  ],
  [
    { type: 'MX', name: 'a', data: { preference: 10, exchange: 'mx.example' } },
    { kind: 'MX', preference: 10, target: 'mx.example' }
  ],
  [
    { type: 'TXT', name: 'a', data: ['one', 'two'] },
    { kind: 'TXT', texts: ['one', 'two'] }
  ],
  [
    { type: 'SRV', name: 'a', data: { priority: 1, weight: 2, port: 443, target: 'srv.example' } },
    { kind: 'SRV', priority: 1, weight: 2, port: 443, target: 'srv.example' }
  ],
  [
    {
      type: 'SOA',
      name: 'a',
      data: { mname: 'ns.example', rname: 'root.example', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }
    },
    {
      kind: 'SOA',
      target: 'ns.example',
      mailbox: 'root.example',
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5
    }
  ],
  [
    {
      type: 'NAPTR',
      name: 'a',
      data: {
        order: 100,
        preference: 10,
        flags: 'U',
        services: 'E2U+sip',
        regexp: '!^.*$!sip:me@example.org!',
        replacement: 'sip.example'
      }
    },
    {
      kind: 'NAPTR',
      order: 100,
      preference: 10,
      flags: 'U',
      services: 'E2U+sip',
      regexp: '!^.*$!sip:me@example.org!',
      replacement: 'sip.example'
    }
  ],
  [
    { type: 'CAA', name: 'a', data: { flags: 128, tag: 'issue', value: 'ca.example' } },
    { kind: 'CAA', flags: 128, tag: 'issue', value: 'ca.example' }
  ],
  [
    { type: 'DS', name: 'a', data: { keyTag: 60485, algorithm: 5, digestType: 1, digest: Buffer.from('2bb1', 'hex') } },
    { kind: 'DS', keyTag: 60485, algorithm: 5, digestType: 1, digest: hex('2bb1') }
  ],
  [
    { type: 'DNSKEY', name: 'a', data: { flags: 257, algorithm: 13, key: Buffer.from('abcd', 'hex') } },
    { kind: 'DNSKEY', flags: 257, protocol: 3, algorithm: 13, publicKey: hex('abcd') }
  ],
  [
    {
      type: 'RRSIG',
      name: 'a',
      data: {
        typeCovered: 'A',
        algorithm: 13,
        labels: 2,
        originalTTL: 300,
        expiration: 1_700_000_000,
        inception: 1_690_000_000,
        keyTag: 34505,
        signersName: 'example.org',
        signature: Buffer.from('abcd', 'hex')
      }
    },
    {
      kind: 'RRSIG',
      typeCovered: 1,
      algorithm: 13,
      labels: 2,
      originalTtl: 300,
      expiration: 1_700_000_000,
      inception: 1_690_000_000,
      keyTag: 34505,
      signer: 'example.org',
      signature: hex('abcd')
    }
  ],
  [
    { type: 'NSEC', name: 'a', data: { nextDomain: 'b.example', rrtypes: ['A', 'RRSIG', 'CAA'] } },
    { kind: 'NSEC', next: 'b.example', types: [1, 46, 257] }
  ],
  [
    {
      type: 'NSEC3',
      name: 'a',
      data: {
        algorithm: 1,
        flags: 1,
        iterations: 12,
        salt: Buffer.from('aabb', 'hex'),
        nextDomain: Buffer.from('00443214c74254b635cf84653a56d7c675be77df', 'hex'),
        rrtypes: ['NS', 'SOA']
      }
    },
    {
      kind: 'NSEC3',
      hashAlgorithm: 1,
      flags: 1,
      iterations: 12,
      salt: hex('aabb'),
      nextHash: '0123456789abcdefghijklmnopqrstuv',
      types: [2, 6]
    }
  ],
  [
    { type: 'SSHFP', name: 'a', data: { algorithm: 1, hash: 1, fingerprint: '00'.repeat(20) } },
    { kind: 'SSHFP', algorithm: 1, fingerprintType: 1, fingerprint: new Uint8Array(20) }
  ],
  [
    {
      type: 'TLSA',
      name: 'a',
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('ab', 'hex') }
    },
    { kind: 'TLSA', usage: 3, selector: 1, matchingType: 1, certificateData: hex('ab') }
  ]
]

describe('record data', () => {
  it.each(encoded)('of $type is what another library put in', (record, details) => {
    const message = dnsPacket.encode({ type: 'response', flags: 0x180, answers: [record] })
    const { dns, error } = decodePacket(ipv4(udp(message, 53, 40000)))
    expect(error).toBeUndefined()
    expect(dns?.answers[0]?.details).toEqual(details)
  })

  it.each([
    ['a subnet', '0008 0007 0001 18 00 c00002', { address: '192.0.2.0', sourcePrefixLength: 24, scopePrefixLength: 0 }],
    ['a subnet of IPv6', '0008 0006 0002 10 00 2001', { address: '2001::', sourcePrefixLength: 16 }],
    ['a subnet of nothing known', '0008 0004 0009 00 00', { data: hex('00090000') }],
    ['a subnet that is too long', '0008 0009 0001 18 00 c000020102', { data: hex('00011800c000020102') }],
    ['a cookie', '000a 0008 0102030405060708', { clientCookie: hex('0102030405060708') }],
    [
      'a cookie and its answer',
      '000a 0010 0102030405060708 1112131415161718',
      { clientCookie: hex('0102030405060708'), serverCookie: hex('1112131415161718') }
    ],
    ['half a cookie', '000a 0002 0102', { data: hex('0102') }],
    ['a name of a server', '0003 0002 6131', { nsid: hex('6131') }],
    ['a timeout', '000b 0002 0064', { timeoutMs: 10_000 }],
    ['a zone that expires', '0009 0004 00000e10', { expireSeconds: 3600 }],
    ['padding', '000c 0003 000000', { paddingBytes: 3 }],
    ['an error', '000f 0007 000f 626c6f636b', { infoCode: 15, extraText: 'block' }],
    ['something new', 'fde9 0001 ff', { data: hex('ff') }]
  ])('of EDNS holds %s', (_what, option, expected) => {
    const opt = join(hex('00 0029 04d0 00008000'), [0, hex(option).length], hex(option))
    const { dns, error } = decodePacket(ipv4(udp(dnsMessage({ additionals: [opt] }), 1, 53)))
    expect(error).toBeUndefined()
    const details = dns?.additionals[0]?.details
    expect(details).toMatchObject({ kind: 'OPT', udpPayloadSize: 1232, version: 0, dnssecOk: true })
    expect(details?.kind === 'OPT' && details.options).toEqual([expect.objectContaining(expected)])
  })

  it('of HTTPS holds every parameter', () => {
    const data = join(
      hex('0001 00'),
      hex('0000 0004 0001 0003'),
      hex('0001 0006 02 6832 02 6833'),
      hex('0002 0000'),
      hex('0003 0002 01bb'),
      hex('0004 0008 01020304 05060708'),
      hex('0005 0002 abcd'),
      hex('0006 0010 20010db8000000000000000000000001'),
      hex('0007 0010'),
      bytesOf('/dns-query{?dns}'),
      hex('0008 0000'),
      hex('ff00 0001 07')
    )
    const { details, error } = detailsOf(65, data)
    expect(error).toBeUndefined()
    expect(details).toEqual({
      kind: 'HTTPS',
      priority: 1,
      target: '',
      parameters: {
        mandatory: [1, 3],
        alpn: ['h2', 'h3'],
        noDefaultAlpn: true,
        port: 443,
        ipv4Hint: ['1.2.3.4', '5.6.7.8'],
        ech: hex('abcd'),
        ipv6Hint: ['2001:db8::1'],
        dohPath: '/dns-query{?dns}',
        ohttp: true,
        others: [{ key: 0xff00, value: hex('07') }]
      }
    })
  })

  it('of SVCB may be an alias', () => {
    expect(detailsOf(64, join([0, 0], dnsName('pool.example'))).details).toEqual({
      kind: 'SVCB',
      priority: 0,
      target: 'pool.example',
      parameters: {}
    })
  })

  it('of LOC is a place on earth', () => {
    // 42 21 54 N 71 06 18 W -24m 30m, the example of RFC 1876.
    expect(detailsOf(29, hex('00 33 16 13 89172dd0 70be15f0 00988d20')).details).toEqual({
      kind: 'LOC',
      version: 0,
      sizeCm: 3000,
      horizontalPrecisionCm: 1_000_000,
      verticalPrecisionCm: 1000,
      latitudeMas: 152_514_000,
      longitudeMas: -255_978_000,
      altitudeCm: -2400
    })
  })

  it('of URI is a target', () => {
    expect(detailsOf(256, join(hex('0001 0002'), bytesOf('https://example.org/'))).details).toEqual({
      kind: 'URI',
      priority: 1,
      weight: 2,
      target: 'https://example.org/'
    })
  })

  it('of an unknown type stays bytes', () => {
    expect(detailsOf(65_280, hex('abcd'))).toEqual({ details: undefined, error: undefined })
  })

  it.each([
    ['a CAA whose tag leaves it', 257, '00 09 69'],
    ['a DS of three bytes', 43, '000105'],
    ['an RRSIG without a signer', 46, '0001 0d 02 0000012c 00000000 00000000 0001'],
    ['an RRSIG whose signer is cut', 46, '0001 0d 02 0000012c 00000000 00000000 0001 0561'],
    ['an NSEC whose bitmap is cut', 47, '00 00 06 40'],
    ['an NSEC whose bitmap is empty', 47, '00 00 00'],
    ['an NSEC whose bitmap is longer than a window', 47, `00 00 21 ${'ff'.repeat(33)}`],
    ['an HTTPS parameter that leaves its record', 65, '0001 00 0001 0009 02 6832'],
    ['HTTPS parameters out of order', 65, '0001 00 0003 0002 01bb 0002 0000'],
    ['an HTTPS parameter given twice', 65, '0001 00 0003 0002 01bb 0003 0002 01bb'],
    ['an HTTPS port of three bytes', 65, '0001 00 0003 0003 01bb00'],
    ['an HTTPS ALPN that is cut', 65, '0001 00 0001 0002 02 68'],
    ['an HTTPS hint of five bytes', 65, '0001 00 0004 0005 0102030405'],
    ['a LOC with a byte too many', 29, '00 33 16 13 8917 2dd0 7043 7bd0 0098 8d20 00'],
    ['a TLSA of two bytes', 52, '0301']
  ])('is reported, and the rest read, for %s', (_what, type, data) => {
    const packet = decodePacket(payload(dnsRecord(name, type, hex(data)), dnsRecord(name, 1, hex('01020304'))))
    expect(packet.error).toMatchObject({ layer: 'DNS' })
    expect(packet.dns?.answers[0]?.details).toBeUndefined()
    expect(packet.dns?.answers[1]?.address).toBe('1.2.3.4')
  })

  it('is refused when its name is longer than a name may be', () => {
    const labels = (count: number) =>
      join(...Array.from({ length: count }, () => [63, ...new Uint8Array(63).fill(0x61)]))
    expect(detailsOf(65, join([0, 1], labels(3), [0])).error).toBeUndefined()
    // Two segments of 192 bytes, the second one behind a pointer: each is short enough for SPR.
    const first = dnsRecord(name, 64, join([0, 1], labels(3), [0]))
    const at = 12 + name.length + 4 + name.length + 10 + 2
    const second = dnsRecord(name, 65, join([0, 1], labels(3), [0xc0, at]))
    const packet = decodePacket(payload(first, second))
    expect(packet.error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'DNS' })
    expect(packet.dns?.answers.map(({ details }) => details?.kind)).toEqual(['SVCB', undefined])
  })
})

describe('DNSDetails', () => {
  it('shows what the DNS key leaves as raw data, and nothing else', () => {
    const https = dnsRecord(name, 65, hex('0001 00 0001 0003 02 6832 0004 0004 01020304'))
    const caa = dnsRecord(name, 257, join(hex('00 05'), bytesOf('issueca.example')))
    const message = logged(payload(dnsRecord(name, 1, hex('01020304')), https, caa))
    const { DNSDetails, DNS } = toPacketInfo(message)
    expect(DNS?.Answers?.length).toBe(3)
    expect(DNSDetails).toEqual([
      {
        Section: 'Answers',
        Index: 1,
        Kind: 'HTTPS',
        Priority: 1,
        Target: '',
        Parameters: { ALPN: ['h2'], IPv4Hint: ['1.2.3.4'] }
      },
      { Section: 'Answers', Index: 2, Kind: 'CAA', Flags: 0, Tag: 'issue', Value: 'ca.example' }
    ])
    const strict = formatPacketInfo(message, { extended: false })
    expect(formatPacketInfo(message).startsWith(`${strict?.slice(0, -1)},"DNSDetails":[`)).toBe(true)
  })

  it('is not there without need', () => {
    const opt = hex('00 0029 04d0 00000000 0000')
    const additionals = [opt]
    const body = dnsMessage({ questions: [dnsQuestion(name)], additionals })
    expect(toPacketInfo(logged(ipv4(udp(body, 1, 53)))).DNSDetails).toBeUndefined()
  })
})
