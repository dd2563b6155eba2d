import { describe, expect, it } from 'vitest'
import { hex, ipv4, tcp, udp } from '../test/build.js'
import { decodePacket } from './decoder.js'
import { ReusablePacket } from './packet.js'
import { extendedRegistry } from './tables/registries.js'

describe('decodePacket', () => {
  it('decodes a layer only when it is asked for', () => {
    const bytes = ipv4(udp(hex('01')))
    const packet = decodePacket(bytes)
    expect(packet.ipv4?.protocol).toBe(17)
    // Seen only because the UDP header has not been looked at yet.
    bytes[25] = 7
    expect(packet.error).toMatchObject({ layer: 'UDP', reason: 'length 7 is less than 8' })
  })

  it('says what is wrong with bytes that are no packet', () => {
    expect(decodePacket(hex('')).error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'IP', offset: 0 })
    expect(decodePacket(hex('0001')).error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'IP', offset: 0 })
    expect(decodePacket(hex('0001')).layers).toEqual([])
  })

  it('leaves alone what it does not know by its EtherType', () => {
    const packet = decodePacket(hex('0001080006040001'), 0x88cc)
    expect(packet.layers).toEqual([])
    expect(packet.error).toBeUndefined()
  })

  it('forgets the last packet when it starts over', () => {
    const packet = new ReusablePacket(extendedRegistry())
    packet.reset(ipv4(udp(hex('01'))))
    expect(packet.udp).toBeDefined()
    const { layers } = packet
    packet.reset(hex('00'))
    expect(packet.udp).toBeUndefined()
    expect(packet.error).toBeDefined()
    packet.reset(ipv4(tcp(hex('')), { protocol: 6 }))
    expect(packet.error).toBeUndefined()
    expect(packet.layers).toBe(layers)
    expect(packet.layers.map(({ name }) => name)).toEqual(['IPv4', 'TCP'])
  })
})
