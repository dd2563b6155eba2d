import { describe, expect, it } from 'vitest'
import { dnsMessage, dnsName, dnsQuestion, hex, ipv4, udp } from '../../test/build.js'
import { decodePacket } from '../decoder.js'

const query = dnsMessage({ questions: [dnsQuestion(dnsName('c2h.se'))] })

describe('UDP', () => {
  it('gives every field of the header', () => {
    const packet = decodePacket(ipv4(udp(hex('0102'))))
    expect(packet.udp).toMatchObject({ sourcePort: 40000, destinationPort: 9999, length: 10, checksum: 0xdead })
    expect(packet.udp?.payload).toEqual(hex('0102'))
  })

  it('takes length 0 for all there is, cuts what is behind, and clips what is missing', () => {
    const body = hex('01020304')
    expect(decodePacket(ipv4(udp(body, 1, 2, 0))).udp?.payload.length).toBe(4)
    expect(decodePacket(ipv4(udp(body, 1, 2, 9))).udp?.payload.length).toBe(1)
    expect(decodePacket(ipv4(udp(body, 1, 2, 900))).udp?.payload.length).toBe(4)
  })

  it('keeps the ports when its length is below 8', () => {
    const packet = decodePacket(ipv4(udp(hex('0102'), 1, 53, 7)))
    expect(packet.error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'UDP', offset: 24 })
    expect(packet.udp?.destinationPort).toBe(53)
    expect(packet.dns).toBeUndefined()
  })

  it.each([
    [53, 40000, true],
    [40000, 53, true],
    [53, 123, false],
    [53, 4789, false],
    [5353, 53, true],
    [40000, 5353, false]
  ])('asks the destination port first: %i to %i', (source, destination, isDns) => {
    const packet = decodePacket(ipv4(udp(query, source, destination)))
    expect(packet.dns !== undefined).toBe(isDns)
    expect(packet.error?.layer).not.toBe('DNS')
  })

  it('reads 67 to 53 as DNS and 53 to 67 as DHCP', () => {
    expect(decodePacket(ipv4(udp(query, 67, 53))).dns?.id).toBe(7)
    expect(decodePacket(ipv4(udp(query, 53, 67))).error).toMatchObject({ layer: 'DHCPv4' })
  })
})
