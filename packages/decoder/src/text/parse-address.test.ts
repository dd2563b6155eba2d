import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../bytes/reader.js'
import { formatIpv6 } from './ip-address.js'
import { parseAddress } from './parse-address.js'

describe('parseAddress', () => {
  it('reads what is written, and nothing that is no address', () => {
    fc.assert(
      fc.property(fc.ipV6(), text => {
        const words = parseAddress(text)
        expect(words).toBeDefined()
        const bytes = new Uint8Array(16)
        for (const [index, word] of (words ?? []).entries()) new DataView(bytes.buffer).setUint32(index * 4, word)
        const again = formatIpv6(new ByteReader(bytes), 0)
        expect(new URL(`http://[${again}]`).hostname).toBe(new URL(`http://[${text}]`).hostname)
      })
    )
    fc.assert(
      fc.property(fc.ipV4(), text => {
        expect(parseAddress(text)).toEqual(parseAddress(`::ffff:${text}`))
      })
    )
    const noise = fc.string({ unit: fc.constantFrom(...'0129af:.%'), maxLength: 20 })
    fc.assert(
      fc.property(noise, text => {
        const isZoned = text.includes('%')
        if (!isZoned) expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0)
      })
    )
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '010.0.0.1',
    '1.2.3.256',
    '1:2',
    '::1::',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3.400',
    'x'
  ])('refuses %j', text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('leaves a zone out', () => {
    expect(parseAddress('fe80::1%eth0')).toEqual(parseAddress('fe80::1'))
  })
})
