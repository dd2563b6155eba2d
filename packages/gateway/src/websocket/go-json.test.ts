import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatGoString, reencodeGoObject } from './go-json.js'

describe('JSON as Go writes it', () => {
  it.each([
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{"10":0,"9":0,"a":0,"":0}', '{"":0,"10":0,"9":0,"a":0}'],
    ['{"é":0,"z":0,"\\ud83d\\ude00":0,"\\uff00":0}', '{"z":0,"é":0,"\uff00":0,"😀":0}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":[{"c":1,"b":[]}]}', '{"a":[{"b":[],"c":1}]}'],
    ['{"n":[1.0,1e21,1e-7,12345678901234567890,0.1]}', '{"n":[1,1e+21,1e-7,12345678901234567000,0.1]}'],
    ['{"s":"<>&\\u2028\\u2029\\u007f\\/"}', '{"s":"\\u003c\\u003e\\u0026\\u2028\\u2029\u007f/"}'],
    ['{"<":0}', '{"\\u003c":0}']
  ])('%s becomes %s', (text, expected) => {
    expect(reencodeGoObject(text)).toBe(expected)
  })

  it.each(['', '[]', 'null', '1', '"{}"', '{', '{}{}', '{"a":NaN}'])('%s is no object', text => {
    expect(reencodeGoObject(text)).toBeUndefined()
  })

  it('is given up where it is absurdly deep', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(reencodeGoObject(nested(1000))).toBe(nested(1000))
    for (const depth of [1001, 200_000]) expect(reencodeGoObject(nested(depth))).toBeUndefined()
  })

  it('says the same as before, and is its own fixed point', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), object => {
        const text = JSON.stringify(object)
        const encoded = reencodeGoObject(text)
        expect(JSON.parse(encoded ?? '')).toEqual(JSON.parse(text))
        expect(reencodeGoObject(encoded ?? '')).toBe(encoded)
      })
    )
  })

  it('keeps any string what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const encoded = formatGoString(text)
        expect(JSON.parse(encoded)).toBe(text)
        expect(encoded).not.toMatch(/[<>&\u2028\u2029]/)
      })
    )
  })
})
