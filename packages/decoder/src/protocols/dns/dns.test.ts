import { describe, expect, it } from 'vitest'
import type { DnsParts } from '../../../test/build.js'
import { dnsMessage, dnsName, dnsQuestion, dnsRecord, hex, ipv4, ipv6, join, tcp, udp } from '../../../test/build.js'
import { decodePacket } from '../../decoder.js'

const START = 28
const decodeBytes = (message: Uint8Array) => decodePacket(ipv4(udp(message, 53, 40000)))
const decode = (parts: DnsParts) => decodeBytes(dnsMessage(parts))
const www = dnsName('www.example.com')
const toWww = hex('c00c')
const question = dnsQuestion(www)

describe('DNS', () => {
  it('gives header and question', () => {
    const { dns, error } = decode({ questions: [question] })
    expect(error).toBeUndefined()
    expect(dns).toMatchObject({
      id: 7,
      isResponse: false,
      opCode: 0,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      z: 0,
      responseCode: 0,
      questions: [{ name: 'www.example.com', type: 1, class: 1 }],
      answers: []
    })
  })

  it('gives the records of each section with what their type means', () => {
    const { dns, error } = decode({
      flags: 0x8583,
      questions: [question],
      answers: [
        dnsRecord(toWww, 1, hex('01020304')),
        dnsRecord(toWww, 28, hex('20010db8000000000000000000000001')),
        dnsRecord(toWww, 5, join([1, 0x61], hex('c010'))),
        dnsRecord(toWww, 16, join([2], hex('6869'), [0]))
      ],
      authorities: [dnsRecord(hex('c010'), 6, join(www, dnsName('root'), new Uint8Array(20)))],
      additionals: [
        dnsRecord(hex('00'), 15, join([0, 10], toWww)),
        dnsRecord(hex('00'), 33, join(hex('000100020003'), dnsName('sip'))),
        dnsRecord(hex('00'), 65, hex('000100'))
      ]
    })
    expect(error).toBeUndefined()
    expect(dns).toMatchObject({ isResponse: true, authoritative: true, recursionAvailable: true, responseCode: 3 })
    expect(dns?.answers.map(({ address, target, texts }) => address ?? target ?? texts)).toEqual([
      '1.2.3.4',
      '2001:db8::1',
      'a.example.com',
      ['hi', '']
    ])
    expect(dns?.authorities).toMatchObject([{ name: 'example.com', target: 'www.example.com', ttl: 60 }])
    expect(dns?.additionals.map(({ name, target, data }) => [name, target, data.length])).toEqual([
      ['', 'www.example.com', 4],
      ['', 'sip', 11],
      ['', undefined, 3]
    ])
  })

  it('adds the upper bits of EDNS to the response code', () => {
    const opt = dnsRecord(hex('00'), 41, hex('000a0002abcd'))
    opt[5] = 0x01
    expect(decode({ questions: [question], additionals: [opt] }).dns?.responseCode).toBe(16)
    expect(decode({ questions: [question], answers: [opt] }).dns?.responseCode).toBe(0)
  })

  it.each([
    ['a header that is cut', dnsMessage({}).subarray(0, 11), 'DECODE_TRUNCATED', START],
    ['a name that is cut', dnsMessage({ questions: [www.subarray(0, 9)] }), 'DECODE_TRUNCATED', START + 16],
    ['a name without an end', dnsMessage({ questions: [hex('0161')] }), 'DECODE_TRUNCATED', START + 14],
    ['a question without type', dnsMessage({ questions: [www] }), 'DECODE_TRUNCATED', START + 29],
    ['a pointer that is cut', dnsMessage({ questions: [hex('c0')] }), 'DECODE_TRUNCATED', START + 12],
    ['a pointer to nowhere', dnsMessage({ questions: [hex('c0ff 0001 0001')] }), 'DECODE_MALFORMED', START + 12],
    ['a pointer to itself', dnsMessage({ questions: [hex('c00c 0001 0001')] }), 'DECODE_MALFORMED', START + 12],
    ['label type 0x40', dnsMessage({ questions: [hex('4061')] }), 'DECODE_MALFORMED', START + 12],
    ['label type 0x80', dnsMessage({ questions: [hex('8061')] }), 'DECODE_MALFORMED', START + 12],
    [
      'a name of more than 255 bytes',
      dnsMessage({ questions: [dnsQuestion(dnsName(Array.from({ length: 130 }, () => 'a').join('.')))] }),
      'DECODE_MALFORMED',
      START + 12
    ]
  ])('is not there without its questions: %s', (_what, message, code, offset) => {
    const packet = decodeBytes(message)
    expect(packet.error).toMatchObject({ code, layer: 'DNS', offset })
    expect(packet.dns).toBeUndefined()
    expect(packet.udp).toBeDefined()
  })

  it.each([
    ['fewer records than announced', [], 'DECODE_TRUNCATED'],
    ['a record cut in its header', [hex('c00c 0001 0001 0000003c 00')], 'DECODE_TRUNCATED'],
    ['record data that is cut', [hex('c00c 0001 0001 0000003c 0005 01020304')], 'DECODE_TRUNCATED'],
    ['a name that leaves its record', [dnsRecord(toWww, 5, hex('0561'))], 'DECODE_TRUNCATED'],
    ['an MX of one byte', [dnsRecord(toWww, 15, hex('00'))], 'DECODE_MALFORMED'],
    ['an SRV of five bytes', [dnsRecord(toWww, 33, hex('0000000000'))], 'DECODE_MALFORMED'],
    ['a SOA without numbers', [dnsRecord(toWww, 6, hex('0000'))], 'DECODE_MALFORMED'],
    ['a URI of three bytes', [dnsRecord(toWww, 256, hex('000000'))], 'DECODE_MALFORMED'],
    ['a text that leaves its record', [dnsRecord(toWww, 16, hex('0561'))], 'DECODE_MALFORMED'],
    ['an EDNS option that leaves its record', [dnsRecord(toWww, 41, hex('000a0009ab'))], 'DECODE_MALFORMED'],
    ['an EDNS option without a length', [dnsRecord(toWww, 41, hex('000a00'))], 'DECODE_MALFORMED']
  ])('keeps questions and records read before %s', (_what, records, code) => {
    const good = dnsRecord(toWww, 1, hex('01020304'))
    const message = dnsMessage({ questions: [question], answers: [good, ...records] })
    message[7] = 2
    const packet = decodeBytes(message)
    expect(packet.error).toMatchObject({ code, layer: 'DNS' })
    expect(packet.dns?.questions.length).toBe(1)
    expect(packet.dns?.answers).toMatchObject([{ address: '1.2.3.4' }])
  })

  it('reads on behind an address record that holds no address', () => {
    const answers = [dnsRecord(toWww, 1, hex('010203')), dnsRecord(toWww, 1, hex('01020304'))]
    const packet = decode({ questions: [question], answers })
    expect(packet.error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'DNS' })
    expect(packet.dns?.answers.map(({ address }) => address)).toEqual([undefined, '1.2.3.4'])
  })

  it('follows 254 pointers and no more', () => {
    const pointer = (target: number): number[] => [0xc0 | (target >> 8), target & 255]
    const chain = (pointers: number): Uint8Array => {
      const name = 12 + 6
      const hops = Array.from({ length: pointers - 1 }, (_, hop) => pointer(hop === 0 ? name : name + 1 + hop * 2))
      const last = pointers === 1 ? name : name + 1 + (pointers - 1) * 2
      return join(hex('0007 0100 0001 0000 0000 0000'), pointer(last), hex('00010001'), [1, 0x61, 0], hops.flat())
    }
    for (const pointers of [1, 2, 254])
      expect(decodeBytes(chain(pointers)).dns?.questions).toMatchObject([{ name: 'a' }])
    expect(decodeBytes(chain(255)).error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'DNS' })
  })

  it('refuses a message whose names outgrow it', () => {
    const questions = 1000
    const label = join([63], new Uint8Array(63).fill(0x61))
    const segments = Array.from({ length: 50 }, (_, index) => {
      const next = 12 + questions * 6 + (index + 1) * (3 * 64 + 2)
      return join(label, label, label, index === 49 ? [0, 0] : [0xc0 | (next >> 8), next & 255])
    })
    const first = 12 + questions * 6
    const question = Uint8Array.of(0xc0 | (first >> 8), first & 255, 0, 1, 0, 1)
    const message = dnsMessage({ questions: Array.from({ length: questions }, () => question) })
    const packet = decodeBytes(join(message, ...segments))
    expect(packet.error).toMatchObject({ code: 'DECODE_LIMIT', layer: 'DNS' })
    expect(packet.udp).toBeDefined()
  })

  it('reads the message behind the length in TCP', () => {
    const message = dnsMessage({ questions: [question] })
    const segment = (length: number, body: Uint8Array) =>
      decodePacket(ipv6(tcp(join([length >> 8, length & 255], body), { destinationPort: 53 }), 6))
    expect(segment(message.length, message).dns?.questions).toMatchObject([{ name: 'www.example.com' }])
    expect(segment(message.length, join(message, hex('0007'))).error).toBeUndefined()
    const more = segment(500, message)
    expect(more.dns?.questions.length).toBe(1)
    expect(more.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'DNS' })
    expect(segment(7, message).error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'DNS', offset: 60 })
    expect(segment(7, message).dns).toBeUndefined()
  })

  it('is not looked for in a TCP segment without payload', () => {
    const packet = decodePacket(ipv4(tcp(hex(''), { destinationPort: 53 }), { protocol: 6 }))
    expect(packet.error).toBeUndefined()
    expect(packet.dns).toBeUndefined()
  })
})
