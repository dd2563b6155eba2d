import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHA1_BLOCK_MESSAGE_BYTES, sha1Block } from './sha1.js'

describe('sha1Block', () => {
  it('agrees with another implementation on every message of one block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: SHA1_BLOCK_MESSAGE_BYTES }), message => {
        const digest = new Uint8Array(20)
        sha1Block(message, message.length, digest)
        expect(Buffer.from(digest).toString('hex')).toBe(createHash('sha1').update(message).digest('hex'))
      })
    )
  })
})
