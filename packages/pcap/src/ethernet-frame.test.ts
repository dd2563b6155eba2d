import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeFrame } from './ethernet-frame.js'

const addresses = Buffer.from('0a020e5e1a3e020a11163322', 'hex')
const ipv4 = Buffer.from('450000150001000040110000c0a80202080808080d', 'hex')
const ipv6 = Buffer.from(`600000000001${'1140'}${'20010db8000000000000000000000001'.repeat(2)}2a`, 'hex')

function frame(etherType: string, payload: Uint8Array, padding = 0): Uint8Array {
  return Uint8Array.from(Buffer.concat([addresses, Buffer.from(etherType, 'hex'), payload, Buffer.alloc(padding)]))
}

it('describes an IPv4 frame and cuts the padding off', () => {
  const bytes = frame('0800', ipv4, 25)
  expect(describeFrame(bytes, bytes.length)).toEqual({
    payload: Uint8Array.from(ipv4),
    etherType: 0x0800,
    family: 2,
    hwType: 1,
    hwHeader: Uint8Array.from(Buffer.concat([addresses, Buffer.from('0800', 'hex')])),
    hwAddress: Uint8Array.from(Buffer.from('020a11163322', 'hex'))
  })
})

it('cuts the padding of an IPv6 frame', () => {
  const bytes = frame('86dd', ipv6, 5)
  expect(describeFrame(bytes, bytes.length)).toMatchObject({ payload: Uint8Array.from(ipv6), family: 10 })
})

it('keeps the outermost VLAN tag and takes all tags out of the header', () => {
  const bytes = frame('88a80064810000650800', ipv4)
  const described = describeFrame(bytes, bytes.length)
  expect(described).toMatchObject({
    payload: Uint8Array.from(ipv4),
    etherType: 0x0800,
    vlan: { protocol: 0x88a8, tci: 100 }
  })
  expect(described?.hwHeader?.subarray(12)).toEqual(Uint8Array.of(8, 0))
})

it('tells the length before the capture cut the frame, without padding', () => {
  const cut = frame('0800', ipv4).subarray(0, 30)
  expect(describeFrame(cut, 60)).toMatchObject({ payload: cut.subarray(14), originalLength: 21 })
  const other = frame('88b5', ipv4)
  expect(describeFrame(other, 1514)).toMatchObject({ originalLength: 1500, etherType: 0x88b5 })
})

it('trusts no length of 0, as in segments the network card cuts later', () => {
  const large = Buffer.from(ipv4)
  large.writeUInt16BE(0, 2)
  const bytes = frame('0800', large, 4)
  expect(describeFrame(bytes, bytes.length)?.payload).toHaveLength(25)
})

it('calls a frame with a length field 802.2', () => {
  const bytes = frame('0026', ipv4)
  expect(describeFrame(bytes, bytes.length)).toMatchObject({ etherType: 4 })
})

it('gives nothing for less than a header', () => {
  expect(describeFrame(new Uint8Array(13), 60)).toBeUndefined()
})

it('never throws and never makes a payload longer than the frame', () => {
  const etherType = fc.constantFrom('0800', '86dd', '8100', '88a88100', '0806', '0000')
  fc.assert(
    fc.property(etherType, fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 99_999 }), (type, payload, original) => {
      const bytes = frame(type, payload)
      const described = describeFrame(bytes, original)
      expect(described?.payload.length).toBeLessThanOrEqual(bytes.length - 14)
      expect(described?.originalLength ?? Number.POSITIVE_INFINITY).toBeGreaterThan(described?.payload.length ?? 0)
    })
  )
})
