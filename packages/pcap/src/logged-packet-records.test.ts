import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loggedPacket } from '../test/arbitraries.js'
import { all } from '../test/collect.js'
import { bytesOf, foreignCapture } from '../test/foreign-capture.js'
import { writeCapture } from './capture-writer.js'
import type { CapturedPacket, CaptureRecord } from './captured-packet.js'
import type { LoggedPacket } from './logged-packet.js'
import { fromLoggedPacket, toLoggedPacket } from './logged-packet-records.js'
import { swapAttributeHeaders } from './nflog-attributes.js'
import { readCapture } from './read-capture.js'

const ipv4 = Uint8Array.from(Buffer.from('450000150001000040110000c0a80202080808080d', 'hex'))

function captured(record: CaptureRecord): CapturedPacket {
  return { originalLength: record.data.length, ...record }
}

describe('an NFLOG record', () => {
  it('gives back every field of a logged packet, through a pcapng file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(loggedPacket, { maxLength: 4 }), async packets => {
        const file = writeCapture(packets.map(fromLoggedPacket))
        const read = await all(readCapture(file))
        expect(read.map(packet => toLoggedPacket(packet))).toEqual(packets)
      })
    )
  })

  it('is laid out as the kernel does it: header in network order, attribute headers in host order', () => {
    const packet: LoggedPacket = {
      group: 258,
      prefix: 'x ',
      payload: ipv4,
      family: 2,
      etherType: 0x0800,
      hook: 1,
      mark: 7
    }
    const { data, linkType, interfaceName } = fromLoggedPacket(packet)
    expect(Buffer.from(data).toString('hex')).toBe(
      '02000102' +
        '0800010008000100' +
        '07000a0078200000' +
        '0800020000000007' +
        `19000900${Buffer.from(ipv4).toString('hex')}000000`
    )
    expect({ linkType, interfaceName }).toEqual({ linkType: 239, interfaceName: 'nflog:258' })
  })

  it('keeps the bytes of a prefix that is not UTF-8', () => {
    const prefixBytes = Uint8Array.of(0x61, 0xff)
    const record = fromLoggedPacket({ group: 0, prefix: 'a\ufffd', prefixBytes, payload: ipv4 })
    expect(toLoggedPacket(captured(record))).toMatchObject({ prefix: 'a\ufffd', prefixBytes })
  })

  it('takes the family of a packet that states none from its version', () => {
    expect(fromLoggedPacket({ group: 0, prefix: '', payload: ipv4 }).data[0]).toBe(2)
    expect(fromLoggedPacket({ group: 0, prefix: '', payload: Uint8Array.of(0x60) }).data[0]).toBe(10)
    expect(fromLoggedPacket({ group: 0, prefix: '', payload: Uint8Array.of() }).data[0]).toBe(0)
  })

  it('takes the time of the record for the time of receipt when the kernel gave none', () => {
    const record = fromLoggedPacket({ group: 0, prefix: '', payload: ipv4 })
    expect(toLoggedPacket(captured({ ...record, timestampUs: 5 }))).toMatchObject({
      timestampUs: 5,
      timestampSource: 'receive'
    })
  })

  it('keeps the part of a payload that a capture left, and its full length', () => {
    const { data } = fromLoggedPacket({ group: 3, prefix: 'p', payload: ipv4 })
    const cut = { linkType: 239, data: data.subarray(0, data.length - 12), originalLength: data.length }
    expect(toLoggedPacket(cut)).toMatchObject({
      group: 3,
      prefix: 'p',
      payload: ipv4.subarray(0, 12),
      originalLength: 21
    })
  })

  it('tells no half value, wherever a capture cut it', () => {
    fc.assert(
      fc.property(loggedPacket, packet => {
        const { data } = fromLoggedPacket(packet)
        for (let end = 4; end <= data.length; end++) {
          const cut = toLoggedPacket({ linkType: 239, data: data.subarray(0, end), originalLength: data.length })
          const { payload, originalLength, prefix, ...fields } = cut ?? { payload: data, prefix: 'none' }
          expect(packet).toMatchObject(fields)
          expect(['', packet.prefix]).toContain(prefix)
          expect(payload).toEqual(packet.payload.subarray(0, payload.length))
          expect(originalLength ?? payload.length).toBeLessThanOrEqual(packet.payload.length)
        }
      }),
      { numRuns: 30 }
    )
  })

  it('cuts a payload that no attribute can hold, as the kernel does', () => {
    const record = fromLoggedPacket({ group: 0, prefix: '', payload: new Uint8Array(70_000) })
    const packet = toLoggedPacket(captured(record))
    expect(packet?.payload).toHaveLength(65_531)
    expect(packet?.originalLength).toBe(70_000)
    expect(record.comments).toEqual(['length=70000'])
  })

  it('refuses a prefix that no attribute can hold, by name', () => {
    expect(() => fromLoggedPacket({ group: 0, prefix: 'x'.repeat(65_531), payload: ipv4 })).toThrow(/^prefix is 65532/)
  })

  it('is the same from a big-endian machine', async () => {
    await fc.assert(
      fc.asyncProperty(loggedPacket, async packet => {
        const { data } = fromLoggedPacket(packet)
        const big = foreignCapture(false)
        const swapped = data.slice()
        swapToBigEndian(swapped)
        const pcap = bytesOf(big.header({ linkType: 239 }), big.record(1, 0, swapped))
        const pcapng = bytesOf(big.section(), big.interface(239), big.packet({ low: 1 }, swapped))
        for (const file of [pcap, pcapng]) expect((await all(readCapture(file)))[0]?.data).toEqual(data)
      })
    )
  })

  it('never throws on bad bytes', () => {
    fc.assert(
      fc.property(loggedPacket, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (packet, place, value, length) => {
        const { data } = fromLoggedPacket(packet)
        data[place % data.length] = value
        const cut = data.slice(0, length % (data.length + 1))
        const read = toLoggedPacket({ linkType: 239, data: cut, originalLength: data.length })
        expect(read === undefined).toBe(cut.length < 4 || cut[1] !== 0)
        swapAttributeHeaders(cut)
      })
    )
  })
})

/** The opposite of what the reader does, attribute by attribute. */
function swapToBigEndian(record: Uint8Array, from = 4, end: number = record.length): void {
  const view = new DataView(record.buffer)
  for (let at = from; at < end; ) {
    const length = view.getUint16(at, true)
    const type = view.getUint16(at + 2, true)
    if ((type & 0x3fff) === 20) swapToBigEndian(record, at + 4, at + length)
    view.setUint16(at, length)
    view.setUint16(at + 2, type)
    at += Math.ceil(length / 4) * 4
  }
}

describe('a packet of another link type', () => {
  it.each([101, 12, 14])('is read by its version nibble under link type %i', linkType => {
    expect(toLoggedPacket(captured({ linkType, data: ipv4, timestampUs: 9 }), { group: 1, prefix: 'pcap ' })).toEqual({
      group: 1,
      prefix: 'pcap ',
      payload: ipv4,
      etherType: 0x0800,
      family: 2,
      timestampUs: 9
    })
    expect(toLoggedPacket(captured({ linkType, data: Uint8Array.of(0x60) }))).toMatchObject({ family: 10 })
    expect(toLoggedPacket(captured({ linkType, data: Uint8Array.of(0x00) }))).toEqual({
      group: 0,
      prefix: '',
      payload: Uint8Array.of(0)
    })
  })

  it('is IPv4 or IPv6 by its link type, whatever its bytes', () => {
    const data = new Uint8Array(0)
    expect(toLoggedPacket(captured({ linkType: 228, data }))).toMatchObject({ etherType: 0x0800, family: 2 })
    expect(toLoggedPacket(captured({ linkType: 229, data }))).toMatchObject({ etherType: 0x86dd, family: 10 })
  })

  it('tells its length before the capture cut it', () => {
    expect(toLoggedPacket({ linkType: 101, data: ipv4, originalLength: 1500 })).toMatchObject({ originalLength: 1500 })
  })

  it('is described by its Ethernet header', () => {
    const data = bytesOf(new Uint8Array(12), [8, 0], ipv4)
    expect(toLoggedPacket(captured({ linkType: 1, data }))).toMatchObject({ payload: ipv4, hwType: 1, group: 0 })
  })

  it('is nothing if the link type is not known or the record is shorter than its header', () => {
    expect(toLoggedPacket(captured({ linkType: 105, data: ipv4 }))).toBeUndefined()
    expect(toLoggedPacket(captured({ linkType: 1, data: ipv4.subarray(0, 13) }))).toBeUndefined()
    expect(toLoggedPacket(captured({ linkType: 239, data: ipv4.subarray(0, 3) }))).toBeUndefined()
  })
})
