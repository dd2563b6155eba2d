import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../../../test/build.js'
import { quoteGo, quoteGoBytes, quoteGoReplaced } from './go-json.js'

const codePoint = fc.oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }), fc.nat(0x7f))
const text = fc.array(codePoint, { maxLength: 20 }).map(codePoints => String.fromCodePoint(...codePoints))

describe('Go strings in JSON', () => {
  it('escapes what Go escapes', () => {
    expect(quoteGo('"\\/\b\f\n\r\t\u0000\u001f\u007f<>&\u2028\u2029é🔥\ufffd')).toBe(
      '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\\u003c\\u003e\\u0026\\u2028\\u2029é🔥\ufffd"'
    )
  })

  it('means the same string, half surrogates aside', () => {
    fc.assert(fc.property(text, text => JSON.parse(quoteGo(text)) === text))
    expect(quoteGo('\ud83d\ud83d\udd25\udd25')).toBe('"\\ufffd🔥\\ufffd"')
  })

  it('escapes U+FFFD only where it stands for bytes', () => {
    expect(quoteGoReplaced('a\ufffd')).toBe('"a\\ufffd"')
    expect(quoteGoBytes(hex('efbfbd ff'))).toBe('"\ufffd\\ufffd"')
  })

  it('replaces each byte that is not UTF-8', () => {
    const bad = '\\ufffd'
    expect(quoteGoBytes(hex('6c616eff3a3c'))).toBe(`"lan${bad}:\\u003c"`)
    expect(quoteGoBytes(hex('e282'))).toBe(`"${bad}${bad}"`)
    expect(quoteGoBytes(hex('c080 eda080 f4908080 e08080 f08fbfbf'))).toBe(`"${bad.repeat(2 + 3 + 4 + 3 + 4)}"`)
    expect(quoteGoBytes(hex('c2a9 e0a080 ed9fbf f0908080 f48fbfbf'))).toBe('"©ࠀ\ud7ff\u{10000}\u{10ffff}"')
  })

  it('reads valid bytes as TextDecoder does', () => {
    fc.assert(fc.property(text, text => quoteGoBytes(new TextEncoder().encode(text)) === quoteGo(text)))
  })
})
