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
})
