import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, logged, udp } from '../../../test/build.js'
import { decodePacket, toPacketInfo } from '../../decoder.js'
import { Quic } from './quic.js'

const datagram = (body: Uint8Array, port = 443) => ipv4(udp(body, 40000, port))
const decode = (body: Uint8Array, port?: number) => {
  const packet = decodePacket(datagram(body, port))
  return { quic: packet.get(Quic), error: packet.error }
}
const toHex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

/** Initial of version 1: connection ids of 8 and 2 bytes, a token of 3, 5 bytes behind the length. */
const initial = hex('c0 00000001 08 8394c8f03e515708 02 abcd 03 010203 4005 1122334455')

describe('QUIC', () => {
  it('gives what an initial packet says in the clear', () => {
    const { quic, error } = decode(initial)
    expect(error).toBeUndefined()
    expect(quic).toMatchObject({ type: 'initial', version: 1, supportedVersions: [] })
    expect(toHex(quic?.destinationConnectionId)).toBe('8394c8f03e515708')
    expect(toHex(quic?.sourceConnectionId)).toBe('abcd')
    expect(toHex(quic?.token)).toBe('010203')
    expect(toHex(quic?.payload)).toBe('1122334455')
  })

  it('puts it into events', () => {
    expect(toPacketInfo(logged(ipv6(udp(initial, 40000, 8443)))).QUIC).toEqual({
      Type: 'initial',
      Version: 1,
      DstConnectionID: '8394c8f03e515708',
      SrcConnectionID: 'abcd',
      TokenLength: 3
    })
  })

  it.each([
    ['c0 00000001 00 00 00 00', 'initial'],
    ['d0 00000001 00 00 00', '0-rtt'],
    ['e0 00000001 00 00 00', 'handshake'],
    ['f0 00000001 00 00 000102030405060708090a0b0c0d0e0f', 'retry'],
    ['d0 6b3343cf 00 00 00 00', 'initial'],
    ['e0 6b3343cf 00 00 00', '0-rtt'],
    ['f0 6b3343cf 00 00 00', 'handshake'],
    ['c0 6b3343cf 00 00 000102030405060708090a0b0c0d0e0f', 'retry'],
    ['c0 ff00001d 00 00 00 00', 'initial'],
    ['c0 1a2a3a4a 00 00 ffff', 'unknown']
  ])('tells %s apart', (bytes, type) => {
    const { quic, error } = decode(hex(bytes))
    expect(error).toBeUndefined()
    expect(quic?.type).toBe(type)
  })

  it('lists the versions a server offers', () => {
    const body = hex('80 00000000 02 abcd 00 00000001 6b3343cf 1a2a3a4a')
    expect(decode(body).quic).toMatchObject({
      type: 'version-negotiation',
      supportedVersions: [1, 0x6b3343cf, 0x1a2a3a4a]
    })
    expect(toPacketInfo(logged(datagram(body))).QUIC?.Versions).toEqual([1, 0x6b3343cf, 0x1a2a3a4a])
  })

  it('gives the token of a retry', () => {
    const { quic } = decode(join(hex('f0 00000001 00 02 abcd'), hex('aabbcc'), new Uint8Array(16)))
    expect(toHex(quic?.token)).toBe('aabbcc')
  })

  it.each([
    ['a short header', '40 8394c8f03e515708 00000000'],
    ['an unknown version', 'c0 12345678 00 00 00 00'],
    ['a connection id of 21 bytes', `c0 00000001 15 ${'00'.repeat(30)}`],
    ['a header without its fixed bit', '80 00000001 00 00 00 00'],
    ['zeros', '80 00000000 00 00'],
    ['six bytes', 'c0 00000001 00']
  ])('is not seen in %s', (_what, bytes) => {
    const { quic, error } = decode(hex(bytes))
    expect([quic, error]).toEqual([undefined, undefined])
  })

  it('keeps what was in front of the cut', () => {
    const idEnd = 14
    for (let length = 7; length < initial.length; length++) {
      const { quic, error } = decode(initial.subarray(0, length))
      expect(error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'QUIC' })
      expect(quic?.version).toBe(1)
      expect(toHex(quic?.destinationConnectionId)).toBe(length <= idEnd ? '' : '8394c8f03e515708')
    }
  })

  it.each([
    ['a token', 'c0 00000001 00 00 7fff 00'],
    ['the packet', 'c0 00000001 00 00 00 ffffffffffffffff']
  ])('says that %s is cut', (_what, bytes) => {
    expect(decode(hex(bytes)).error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'QUIC' })
  })
})
