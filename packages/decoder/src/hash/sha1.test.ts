import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHA1_BLOCK_MESSAGE_BYTES, Sha1Block } from './sha1.js'

describe('Sha1Block', () => {
  it('agrees with another implementation on every message of one block, whatever it hashed before', () => {
    const block = new Sha1Block()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: SHA1_BLOCK_MESSAGE_BYTES }), message => {
        block.message.set(message)
        block.hash(message.length)
        expect(Buffer.from(block.digest).toString('hex')).toBe(createHash('sha1').update(message).digest('hex'))
      })
    )
  })
})
