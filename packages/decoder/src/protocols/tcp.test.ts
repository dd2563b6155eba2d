import { describe, expect, it } from 'vitest'
import type { TcpParts } from '../../test/build.js'
import { hex, ipv4, tcp } from '../../test/build.js'
import { decodePacket } from '../decoder.js'

const decode = (body: Uint8Array, parts?: TcpParts) => decodePacket(ipv4(tcp(body, parts), { protocol: 6 }))

describe('TCP', () => {
  it('gives every field of the header', () => {
    const packet = decode(hex('aabb'), { flags: 0x155 })
    expect(packet.tcp).toMatchObject({
      sourcePort: 40000,
      destinationPort: 8443,
      seq: 1,
      ackNumber: 0xfffffffe,
      dataOffset: 5,
      fin: true,
      syn: false,
      rst: true,
      psh: false,
      ack: true,
      urg: false,
      ece: true,
      cwr: false,
      ns: true,
      window: 0xfaf0,
      checksum: 0x1974,
      urgentPointer: 7,
      options: []
    })
    expect(packet.tcp?.payload).toEqual(hex('aabb'))
  })

  it('lists options, empty ones included', () => {
    const packet = decode(hex(''), { options: hex('020405b4 01 0402 00') })
    expect(packet.tcp?.options).toEqual([
      { type: 2, length: 4, data: hex('05b4') },
      { type: 1, length: 1 },
      { type: 4, length: 2, data: hex('') },
      { type: 0, length: 1 }
    ])
  })

  it.each([
    ['a data offset below 5', { dataOffset: 4 }, 'DECODE_MALFORMED', 32],
    ['a header longer than the packet', { dataOffset: 15 }, 'DECODE_TRUNCATED', 40],
    ['an option of length 1', { options: hex('02010000') }, 'DECODE_MALFORMED', 40],
    ['an option that leaves the header', { options: hex('02050000') }, 'DECODE_MALFORMED', 40],
    ['an option without a length', { options: hex('01010102') }, 'DECODE_MALFORMED', 43]
  ])('keeps the ports and reports %s', (_what, parts, code, offset) => {
    const packet = decode(hex(''), parts)
    expect(packet.error).toMatchObject({ code, layer: 'TCP', offset })
    expect(packet.tcp?.destinationPort).toBe(8443)
  })

  it('is not there when its fixed header is cut', () => {
    const packet = decodePacket(ipv4(tcp(hex('')).subarray(0, 19), { protocol: 6 }))
    expect(packet.tcp).toBeUndefined()
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'TCP', offset: 20 })
  })

  const optionsOf = (options: string) => decode(hex(''), { options: hex(options) }).tcp?.typedOptions

  it.each([
    ['020405b4', { name: 'maxSegmentSize', bytes: 1460 }],
    ['01 030307', { name: 'windowScale', shift: 7 }],
    ['0101 0402', { name: 'sackPermitted' }],
    ['0101 050a 00000001 00000005', { name: 'sack', blocks: [{ left: 1, right: 5 }] }],
    ['0101 0606 00000007', { name: 'echo', value: 7 }],
    ['0101 0706 00000007', { name: 'echoReply', value: 7 }],
    ['0101 080a 00112233 44556677', { name: 'timestamps', value: 0x112233, echo: 0x44556677 }],
    ['0101 0902', { name: 'partialOrderPermitted', data: hex('') }],
    ['0101 0b06 00000007', { name: 'connectionCount', value: 7 }],
    ['0101 0c06 00000007', { name: 'connectionCountNew', value: 7 }],
    ['0101 0d06 00000007', { name: 'connectionCountEcho', value: 7 }],
    ['01 0e0301', { name: 'alternateChecksum', algorithm: 1 }],
    [
      '0101 1312 000102030405060708090a0b0c0d0e0f',
      { name: 'md5Signature', digest: hex('000102030405060708090a0b0c0d0e0f') }
    ],
    ['1b08 0305 fffffffc', { name: 'quickStart', rate: 3, ttlDifference: 5, nonce: 0x3fffffff }],
    ['1c04 0005', { name: 'userTimeout', seconds: 5 }],
    ['1c04 8005', { name: 'userTimeout', seconds: 300 }],
    ['0101 1d06 0102 aabb', { name: 'authentication', keyId: 1, nextKeyId: 2, mac: hex('aabb') }],
    ['1e04 0081', { name: 'multipath', subtype: 0, data: hex('0081') }],
    ['2206 01020304 0101', { name: 'fastOpen', cookie: hex('01020304') }],
    ['0101 2202', { name: 'fastOpen', cookie: hex('') }],
    ['fe04 f989', { name: 'fastOpen', cookie: hex('') }],
    ['0101 fd06 e2d4 c3d9', { name: 'experiment', id: 0xe2d4, data: hex('c3d9') }],
    ['01 45 03 01', { name: 'encryptionNegotiation', data: hex('01') }],
    ['ac08 000001 000002', { name: 'accurateEcn', order: 0, counters: [1, 2] }],
    ['010101 ae05 000003', { name: 'accurateEcn', order: 1, counters: [3] }],
    ['6304 0102', { name: 'unknown', kind: 99, data: hex('0102') }],
    ['01 0203 05', { name: 'unknown', kind: 2, data: hex('05') }],
    ['010101 0505 000001', { name: 'unknown', kind: 5, data: hex('000001') }]
  ])('says what the option %s says', (bytes, option) => {
    expect(optionsOf(bytes)?.filter(({ name }) => name !== 'noOperation')).toEqual([option])
  })
})
