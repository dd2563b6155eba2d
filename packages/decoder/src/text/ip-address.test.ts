import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../../test/build.js'
import { ByteReader } from '../bytes/reader.js'
import { formatIpv4, formatIpv6, isMappedIpv4 } from './ip-address.js'

function over(text: string): ByteReader {
  const reader = new ByteReader()
  reader.reset(hex(text))
  return reader
}

describe('addresses', () => {
  it('prints IPv4 in dotted decimal', () => {
    expect(formatIpv4(over('00 0a 64 ff'), 0)).toBe('0.10.100.255')
  })

  it('mixes up no two addresses, however many it has printed before', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.nat(3)), { minLength: 200 }), words => {
        for (const address of words) {
          const text = address.toString(16).padStart(8, '0')
          expect(formatIpv4(over(text), 0)).toBe(hex(text).join('.'))
        }
      }),
      { numRuns: 20 }
    )
  })

  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000100000001000000010001', '2001:db8:1:0:1:0:1:1'],
    ['00010000000000000000000000000000', '1::'],
    ['00000000000000000000ffffc0a8020a', '::ffff:192.168.2.10'],
    ['fe80000000000000abcdef0123456789', 'fe80::abcd:ef01:2345:6789']
  ])('prints %s as %s', (bytes, text) => {
    expect(formatIpv6(over(bytes), 0)).toBe(text)
  })

  it('mixes up no two IPv6 addresses either', () => {
    const part = fc.constantFrom('0000', '0001', 'fe80', '20010db8', 'ffff')
    const address = fc.array(part, { minLength: 8, maxLength: 8 }).map(parts => parts.join('').slice(0, 32))
    fc.assert(
      fc.property(fc.array(address, { minLength: 300 }), addresses => {
        for (const text of addresses) {
          const url = new URL(`http://[${text.replace(/(.{4})(?=.)/g, '$1:')}]/`)
          const printed = formatIpv6(over(text), 0)
          if (!printed.includes('.')) expect(`[${printed}]`).toBe(url.hostname)
        }
      }),
      { numRuns: 10 }
    )
  })

  it('tells IPv4 in IPv6 clothes', () => {
    expect(isMappedIpv4(over('00000000000000000000ffff01020304'), 0)).toBe(true)
    expect(isMappedIpv4(over('00000000000000000000000001020304'), 0)).toBe(false)
  })
})
