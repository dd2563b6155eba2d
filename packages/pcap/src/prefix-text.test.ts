import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodePrefix, encodePrefix } from './prefix-text.js'

it('keeps the trailing blank and drops the closing NUL', () => {
  expect(decodePrefix(Uint8Array.from(Buffer.from('drop:input \0')))).toEqual({ prefix: 'drop:input ' })
})

it.each([
  ['a cut three-byte sequence', [0xe2, 0x82], '\ufffd\ufffd'],
  ['a stray continuation byte', [0x61, 0x80, 0x62], 'a\ufffdb'],
  ['an overlong slash', [0xc0, 0xaf], '\ufffd\ufffd'],
  ['a surrogate', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
  ['a sequence past U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
  ['good text around a bad byte', [0xc3, 0xa4, 0xff, 0xf0, 0x9f, 0x98, 0x80], 'ä\ufffd😀']
])('gives one U+FFFD for each bad byte of %s and keeps the bytes', (_, bytes, prefix) => {
  expect(decodePrefix(Uint8Array.from(bytes))).toEqual({ prefix, prefixBytes: Uint8Array.from(bytes) })
})

it('keeps a byte-order mark', () => {
  expect(decodePrefix(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toEqual({ prefix: '\ufeffa' })
})

it('gives back any bytes without NUL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 255, min: 1, maxLength: 24 }), bytes => {
      const { prefix, prefixBytes } = decodePrefix(bytes)
      expect([...encodePrefix(prefix, prefixBytes)]).toEqual([...bytes, 0])
    })
  )
})
