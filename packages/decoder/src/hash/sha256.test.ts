import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256Hex } from './sha256.js'

describe('sha256Hex', () => {
  it('agrees with another implementation at every length around the block size', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'c02f,1301,'.repeat(20).slice(0, length)
      expect(sha256Hex(text)).toBe(createHash('sha256').update(text).digest('hex'))
    }
  })

  it('gives as many words as asked for', () => {
    expect(sha256Hex('abc', 2)).toBe('ba7816bf8f01cfea')
  })
})
