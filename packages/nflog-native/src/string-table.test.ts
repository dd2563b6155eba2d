import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeWithReplacement, StringTable } from './string-table.js'

describe('a string table', () => {
  it('numbers strings from 1, and 0 is the empty one', () => {
    const table = new StringTable()
    table.add([Buffer.from('lan:in '), Buffer.from('größe')])
    table.add([Buffer.from('eth0')])
    expect([0, 1, 2, 3].map(number => table.text(number))).toEqual(['', 'lan:in ', 'größe', 'eth0'])
    expect(table.invalidBytes(1)).toBeUndefined()
  })

  it('keeps a byte order mark, as it is part of the prefix', () => {
    const table = new StringTable()
    table.add([Buffer.from('\ufeffx')])
    expect(table.text(1)).toBe('\ufeffx')
  })

  it('keeps the bytes of what is not UTF-8', () => {
    const table = new StringTable()
    table.add([Buffer.from([0x61, 0xff])])
    expect(table.text(1)).toBe('a\ufffd')
    expect(table.invalidBytes(1)).toEqual(Buffer.from([0x61, 0xff]))
  })
})

describe('decoding with replacement', () => {
  // As Go's `for range` over a string: the width of an invalid sequence is one byte.
  it.each([
    ['a byte that starts nothing', [0x80], '\ufffd'],
    ['a cut sequence, byte by byte', [0xe2, 0x82], '\ufffd\ufffd'],
    ['a cut sequence before text', [0xf0, 0x9f, 0x98, 0x41], '\ufffd\ufffd\ufffdA'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    ['an overlong slash', [0xc0, 0xaf], '\ufffd\ufffd'],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    ['valid text around', [0x61, 0xff, 0xe2, 0x82, 0xac], 'a\ufffd€']
  ])('replaces %s', (_, bytes, text) => {
    expect(decodeWithReplacement(Uint8Array.from(bytes))).toBe(text)
  })

  it('leaves valid text alone, and gives invalid bytes one sign each', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(5), (text, invalid) => {
        const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(invalid, 0xff), Buffer.from(text)])
        expect(decodeWithReplacement(bytes)).toBe(text + '\ufffd'.repeat(invalid) + text)
      })
    )
  })

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        expect(decodeWithReplacement(bytes).length).toBeLessThanOrEqual(bytes.length)
      })
    )
  })
})
