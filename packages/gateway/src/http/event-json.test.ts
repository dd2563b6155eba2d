import { describe, expect, it } from 'vitest'
import { formatEventJson, formatSprEventJson } from './event-json.js'

describe('formatEventJson', () => {
  it('passes JSON on as it is, numbers with all their digits', () => {
    expect(formatEventJson({ topic: 'a', value: '{"n":12345678901234567890,"b":1.0}', seq: 7 })).toBe(
      '{"Seq":7,"Topic":"a","Value":{"n":12345678901234567890,"b":1.0}}'
    )
  })

  it('keeps to one line', () => {
    expect(formatEventJson({ topic: 'a\nb', value: '{\r\n "x": "\\n"\n}' })).toBe(
      '{"Topic":"a\\nb","Value":{"x":"\\n"}}'
    )
    expect(formatEventJson({ topic: 'a', value: 'no\nJSON' })).toBe('{"Topic":"a","Value":"no\\nJSON"}')
  })
})

describe('formatSprEventJson', () => {
  it("leaves of a packet what SPR's service says, in its order, and no number", () => {
    const value = '{"OutDev":"","Meta":{"Mark":1},"IPv6":{},"Prefix":"a ","IP":{"Version":4},"__proto__":{"x":1}}'
    expect(formatSprEventJson({ topic: 'nft:a', value, seq: 1 })).toBe(
      '{"Topic":"nft:a","Value":{"IP":{"Version":4},"Prefix":"a ","OutDev":""}}'
    )
  })

  it('takes for no packet what is nested too deep to be written', () => {
    const value = `{"IP":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    expect(formatSprEventJson({ topic: 'nft:a', value })).toBe(`{"Topic":"nft:a","Value":${value}}`)
  })

  it('leaves other events alone', () => {
    expect(formatSprEventJson({ topic: 'auth', value: '{"Meta":1}', seq: 1 })).toBe(
      '{"Topic":"auth","Value":{"Meta":1}}'
    )
    expect(formatSprEventJson({ topic: 'nft:a', value: '[1]' })).toBe('{"Topic":"nft:a","Value":[1]}')
  })
})
