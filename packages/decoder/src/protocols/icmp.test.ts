import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6 } from '../../test/build.js'
import { decodePacket } from '../decoder.js'

const v4 = (message: string) => decodePacket(ipv4(hex(message), { protocol: 1 }))
const v6 = (message: string) => decodePacket(ipv6(hex(message), 58))

describe('ICMPv4', () => {
  it('tells echo messages apart by id and sequence', () => {
    const packet = v4('0800 f7ff 1234 0005 6162')
    expect(packet.icmpv4).toMatchObject({ type: 8, code: 0, checksum: 0xf7ff, id: 0x1234, seq: 5, mtu: undefined })
    expect(packet.icmpv4?.payload).toEqual(hex('6162'))
  })

  it('gives what the type stands for and nothing else', () => {
    expect(v4('0304 0000 0000 05dc').icmpv4).toMatchObject({ mtu: 1500, id: undefined, gateway: undefined })
    expect(v4('0301 0000 0000 05dc').icmpv4?.mtu).toBeUndefined()
    expect(v4('0501 0000 c0a80201').icmpv4).toMatchObject({ gateway: '192.168.2.1' })
    expect(v4('0c00 0000 09000000').icmpv4).toMatchObject({ pointer: 9 })
  })

  it('needs eight bytes', () => {
    expect(v4('0800f7ff123400').error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'ICMPv4', offset: 20 })
  })
})

describe('ICMPv6', () => {
  it('gives what the type stands for and nothing else', () => {
    expect(v6('8000 f7ff 1234 0005').icmpv6).toMatchObject({ type: 128, id: 0x1234, seq: 5, target: undefined })
    expect(v6('0200 0000 00000500').icmpv6).toMatchObject({ mtu: 1280, id: undefined })
    expect(v6('0401 0000 00000028').icmpv6).toMatchObject({ code: 1, pointer: 40 })
  })

  it('names the target of neighbour discovery', () => {
    const packet = v6('8700 0000 00000000 fe80000000000000000000000000abcd 0101 020a11163322')
    expect(packet.icmpv6?.target).toBe('fe80::abcd')
    expect(packet.error).toBeUndefined()
  })

  it('keeps the header when the target is cut', () => {
    const packet = v6('8700 0000 00000000 fe80')
    expect(packet.icmpv6?.type).toBe(135)
    expect(packet.icmpv6?.target).toBeUndefined()
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'ICMPv6', offset: 48 })
  })
})
