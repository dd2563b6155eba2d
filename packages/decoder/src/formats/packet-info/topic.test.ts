import { describe, expect, it } from 'vitest'
import { topicOf } from './topic.js'

describe('topicOf', () => {
  it.each([
    ['drop:input ', 'nft:drop:input'],
    ['DRP:INP ', 'nft:drp:inp'],
    ['', 'nft:'],
    [' \t\r\n\v\f', 'nft:'],
    ['\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\u0085lan in\u0085', 'nft:lan in'],
    ['\ufeffa\u200b', 'nft:\ufeffa\u200b'],
    ['İSTANBUL', 'nft:istanbul'],
    ['ΟΔΟΣ', 'nft:οδοσ'],
    ['STRAẞE K', 'nft:straße k'],
    ['ÀÉ\u{10400}', 'nft:àé\u{10428}'],
    ['\ua7dc\u1c89\u{10d50}', 'nft:\ua7dc\u1c89\u{10d50}']
  ])('makes of %j what Go makes of it', (prefix, topic) => {
    expect(topicOf(prefix)).toBe(topic)
  })
})
