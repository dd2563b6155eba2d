import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, formatIpv6 } from '../text/ip-address.js'
import { Fragment } from './fragment.js'
import { JsonWriter } from './json-writer.js'
import { ByteReader } from './reader.js'

function written(write: (out: JsonWriter) => void, escaped = false): string {
  const bytes = new Uint8Array(4096)
  const out = new JsonWriter()
  out.into(bytes)
  out.at = 3
  out.escaped = escaped
  write(out)
  return new TextDecoder().decode(bytes.subarray(3, out.at))
}

function over(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader()
  reader.reset(bytes)
  return reader
}

describe('JsonWriter', () => {
  it('writes every whole number as JavaScript does', () => {
    const edges = [0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535, 99_999, 100_000, 2 ** 32 - 1, 2 ** 53 - 1]
    for (const value of edges) expect(written(out => out.uint(value))).toBe(String(value))
    fc.assert(fc.property(fc.maxSafeNat(), value => written(out => out.uint(value)) === String(value)))
  })

  it('writes a fraction without its trailing zeros', () => {
    expect(written(out => out.fraction(1))).toBe('000001')
    expect(written(out => out.fraction(120_000))).toBe('12')
    expect(written(out => out.fraction(987_650))).toBe('98765')
  })

  it('writes base64 of any range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, start) => {
        const from = Math.min(start, bytes.length)
        const text = written(out => out.base64(over(bytes), from, bytes.length))
        expect(text).toBe(JSON.stringify(Buffer.from(bytes).subarray(from).toString('base64')))
      })
    )
  })

  it('writes addresses as the text functions do', () => {
    const zeroes = fc.constantFrom(0, 0, 0, 0, 0xff)
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const sparse = fc.array(zeroes, { minLength: 16, maxLength: 16 }).map(bytes => Uint8Array.from(bytes))
    fc.assert(
      fc.property(fc.oneof(address, sparse), bytes => {
        expect(written(out => out.ipv4(over(bytes), 2))).toBe(formatIpv4(over(bytes), 2))
        expect(written(out => out.ipv6(over(bytes), 0))).toBe(formatIpv6(over(bytes), 0))
      })
    )
  })

  it('writes hardware addresses in lower case', () => {
    const bytes = Uint8Array.of(0, 0x0a, 0xb0, 0xff, 1, 0x10)
    expect(written(out => out.mac(over(bytes), 0))).toBe('00:0a:b0:ff:01:10')
  })

  it('copies any text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
        expect(written(out => out.fragment(new Fragment(text)))).toBe(text)
      })
    )
    expect(written(out => out.fragment(new Fragment('123456\u007f\u{10ffff}\u007f\u007f')))).toBe(
      '123456\u007f\u{10ffff}\u007f\u007f'
    )
  })

  it('escapes quotes and backslashes inside a string', () => {
    const fragment = new Fragment('{"a\\\\b":"ü🔥')
    expect(written(out => out.fragment(fragment))).toBe('{"a\\\\b":"ü🔥')
    expect(written(out => out.fragment(fragment), true)).toBe('{\\"a\\\\\\\\b\\":\\"ü🔥')
    expect(written(out => out.quote(), true)).toBe('\\"')
  })
})
