import { describe, expect, it } from 'vitest'
import { dnsMessage, dnsName, dnsQuestion, dnsRecord, hex, ipv4, ipv6, join, logged, udp } from '../../../test/build.js'
import { decodePacket, toPacketInfo } from '../../decoder.js'
import { Llmnr, MulticastDns } from './multicast-dns.js'

const service = dnsName('_ipp._tcp.local')
const withTopBit = (entry: Uint8Array, nameLength: number): Uint8Array => {
  const copy = Uint8Array.from(entry)
  copy[nameLength + 2] = 0x80
  return copy
}
const response = dnsMessage({
  flags: 0x8400,
  questions: [withTopBit(dnsQuestion(service, 12), service.length), dnsQuestion(service, 255)],
  answers: [
    dnsRecord(service, 12, dnsName('printer._ipp._tcp.local')),
    withTopBit(dnsRecord(service, 1, hex('c0a80105')), service.length)
  ],
  additionals: [
    dnsRecord(service, 33, join(hex('0000 0000 0277'), dnsName('printer.local'))),
    dnsRecord(service, 16, join([3], Buffer.from('a=b'))),
    withTopBit(dnsRecord(service, 47, join(hex('c00c'), hex('00 01 40'))), service.length),
    hex('00 0029 85a0 00001194 0000'),
    dnsRecord(service, 65_280, hex('abcd'))
  ]
})

describe('mDNS', () => {
  const packet = (body: Uint8Array) => ipv4(udp(body, 5353, 5353))

  it('tells flags from classes', () => {
    const { error, dns } = decodePacket(packet(response))
    expect([error, dns]).toEqual([undefined, undefined])
    const mdns = decodePacket(packet(response)).get(MulticastDns)
    expect(mdns?.questions).toMatchObject([
      { name: '_ipp._tcp.local', type: 12, class: 1, unicastResponse: true },
      { class: 1, unicastResponse: false }
    ])
    expect(mdns?.answers).toMatchObject([
      { class: 1, cacheFlush: false, target: 'printer._ipp._tcp.local' },
      { class: 1, cacheFlush: true, address: '192.168.1.5' }
    ])
    expect(mdns?.additionals.map(({ details, cacheFlush }) => [details?.kind, cacheFlush])).toEqual([
      ['SRV', false],
      ['TXT', false],
      ['NSEC', true],
      ['OPT', false],
      [undefined, false]
    ])
  })

  it('has a key of its own in events, with names that can be read', () => {
    const event = toPacketInfo(logged(packet(response)))
    expect(event.DNS).toBeUndefined()
    const Name = '_ipp._tcp.local'
    expect(event.MDNS).toEqual({
      ID: 7,
      QR: true,
      OpCode: 0,
      TC: false,
      AA: true,
      ResponseCode: 0,
      Questions: [
        { Name, Type: 12, Class: 1, UnicastResponse: true },
        { Name, Type: 255, Class: 1 }
      ],
      Answers: [
        { Name, Type: 12, Class: 1, TTL: 60, Kind: 'PTR', Target: 'printer._ipp._tcp.local' },
        { Name, Type: 1, Class: 1, CacheFlush: true, TTL: 60, Kind: 'A', IP: '192.168.1.5' }
      ],
      Additionals: [
        { Name, Type: 33, Class: 1, TTL: 60, Kind: 'SRV', Priority: 0, Weight: 0, Port: 631, Target: 'printer.local' },
        { Name, Type: 16, Class: 1, TTL: 60, Kind: 'TXT', TXTs: ['a=b'] },
        { Name, Type: 47, Class: 1, CacheFlush: true, TTL: 60, Kind: 'NSEC', Next: Name, Types: [1] },
        {
          Name: '',
          Type: 41,
          Class: 0x85a0,
          TTL: 4500,
          Kind: 'OPT',
          UDPPayloadSize: 0x85a0,
          Version: 0,
          DO: false,
          Options: []
        },
        { Name, Type: 65_280, Class: 1, TTL: 60, Data: 'q80=' }
      ]
    })
  })

  it('names itself in errors', () => {
    expect(decodePacket(packet(response.subarray(0, 60))).error).toMatchObject({
      code: 'DECODE_TRUNCATED',
      layer: 'mDNS'
    })
  })
})

describe('LLMNR', () => {
  const query = dnsMessage({ flags: 0x0500, questions: [dnsQuestion(dnsName('nas'))] })

  it('reads its own flags', () => {
    const payload = ipv6(udp(query, 50000, 5355))
    expect(decodePacket(payload).get(Llmnr)).toMatchObject({
      isConflict: true,
      isTentative: true,
      questions: [{ name: 'nas', type: 1, class: 1 }]
    })
    expect(toPacketInfo(logged(payload)).LLMNR).toEqual({
      ID: 7,
      QR: false,
      OpCode: 0,
      TC: false,
      Conflict: true,
      Tentative: true,
      ResponseCode: 0,
      Questions: [{ Name: 'nas', Type: 1, Class: 1 }]
    })
  })
})
