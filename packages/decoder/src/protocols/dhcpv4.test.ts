import { describe, expect, it } from 'vitest'
import { dhcpMessage, hex, ipv4, join, udp } from '../../test/build.js'
import { decodePacket } from '../decoder.js'

const decode = (message: Uint8Array) => decodePacket(ipv4(udp(message, 68, 67)))

describe('DHCPv4', () => {
  it('gives every field of the message', () => {
    const packet = decode(dhcpMessage(hex('350101 00 3204c0a80264 3900 ff 99')))
    expect(packet.error).toBeUndefined()
    expect(packet.dhcpv4).toMatchObject({
      operation: 1,
      hardwareType: 1,
      hardwareLength: 6,
      relayHops: 0,
      transactionId: 0x3903f326,
      seconds: 5,
      flags: 0x8000,
      clientIp: '0.0.0.0',
      yourIp: '192.168.2.100',
      serverIp: '192.168.2.1',
      relayIp: '0.0.0.0',
      hardwareAddress: hex('020a11163322'),
      options: [
        { type: 53, length: 1, data: hex('01') },
        { type: 0, length: 0 },
        { type: 50, length: 4, data: hex('c0a80264') },
        { type: 57, length: 0, data: hex('') }
      ]
    })
    expect(packet.dhcpv4?.serverName.length).toBe(64)
    expect(packet.dhcpv4?.file.length).toBe(128)
  })

  it('keeps the options before one that is cut', () => {
    const packet = decode(dhcpMessage(hex('350101 0c0961')))
    expect(packet.dhcpv4?.options.length).toBe(1)
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'DHCPv4', offset: 28 + 243 })
    expect(decode(dhcpMessage(hex('350101 0c'))).error).toMatchObject({ offset: 28 + 243 })
  })

  it('is not there when it is short, has no cookie, or points outside', () => {
    expect(decode(dhcpMessage(hex('')).subarray(0, 239)).dhcpv4).toBeUndefined()
    expect(decode(new Uint8Array(300)).error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'DHCPv4' })
    expect(decode(dhcpMessage(hex('ff'), 255)).dhcpv4).toBeUndefined()
  })

  it('reads a hardware address behind the message as long as it was captured', () => {
    expect(decode(dhcpMessage(hex('ff'), 213)).dhcpv4?.hardwareAddress.length).toBe(213)
    expect(decode(dhcpMessage(hex('ff'), 214)).dhcpv4).toBeUndefined()
    const behind = ipv4(join(udp(dhcpMessage(hex('ff')), 68, 67), new Uint8Array(20)))
    behind[28 + 2] = 220
    expect(decodePacket(behind).dhcpv4?.hardwareAddress.length).toBe(220)
  })
})
