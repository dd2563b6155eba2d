import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, logged } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Sctp } from './sctp.js'
import { UdpLite } from './udp-lite.js'

describe('SCTP', () => {
  const header = '9c40 0050 00000007 deadbeef'
  const sctp = (chunks: string) => ipv4(hex(header + chunks), { protocol: 132 })

  it('lists its chunks', () => {
    const packet = decodePacket(sctp('00030011 0000000100000002 0000000361 000000 03000010 00000001 0000ffff 00000000'))
    expect(packet.error).toBeUndefined()
    expect(packet.get(Sctp)).toMatchObject({
      sourcePort: 40000,
      destinationPort: 80,
      verificationTag: 7,
      checksum: 0xdeadbeef
    })
    expect(
      packet.get(Sctp)?.chunks.map(({ type, flags, length, value }) => [type, flags, length, value.length])
    ).toEqual([
      [0, 3, 17, 13],
      [3, 0, 16, 12]
    ])
  })

  it('is in events', () => {
    expect(toPacketInfo(logged(ipv6(hex(`${header} 0e000004`), 132))).SCTP).toMatchObject({
      SrcPort: 40000,
      DstPort: 80,
      VerificationTag: 7,
      Checksum: 0xdeadbeef,
      Chunks: [{ Type: 14, Flags: 0, Length: 4 }]
    })
  })

  it('takes a last chunk without its padding', () => {
    expect(decodePacket(sctp('04000005 aa')).error).toBeUndefined()
  })

  it.each([
    ['04000003', 'DECODE_MALFORMED', 34, 0],
    ['0e000004 0400', 'DECODE_TRUNCATED', 36, 1],
    ['0e000004 04000009 aa', 'DECODE_TRUNCATED', 36, 1]
  ])('keeps whole chunks and says what is wrong with %s', (chunks, code, offset, whole) => {
    const packet = decodePacket(sctp(chunks))
    expect(packet.error).toMatchObject({ code, layer: 'SCTP', offset })
    expect(packet.get(Sctp)?.chunks.length).toBe(whole)
  })
})

describe('UDP-Lite', () => {
  it('has ports, and says how much its checksum covers', () => {
    const payload = ipv4(hex('9c40 0050 0008 abcd 0102'), { protocol: 136 })
    const packet = decodePacket(payload)
    expect(packet.get(UdpLite)).toMatchObject({
      sourcePort: 40000,
      destinationPort: 80,
      coverage: 8,
      checksum: 0xabcd
    })
    expect(packet.get(UdpLite)?.payload).toEqual(hex('0102'))
    expect(toPacketInfo(logged(payload)).UDPLite).toMatchObject({ SrcPort: 40000, DstPort: 80, Coverage: 8 })
  })

  it('covers its header at least', () => {
    const packet = decodePacket(ipv4(hex('9c40 0050 0007 abcd'), { protocol: 136 }))
    expect(packet.error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'UDP-Lite', offset: 24 })
    expect(packet.get(UdpLite)?.sourcePort).toBe(40000)
    expect(decodePacket(ipv4(hex('9c40 0050 00'), { protocol: 136 })).error).toMatchObject({
      code: 'DECODE_TRUNCATED'
    })
  })
})
