import { describe, expect, it } from 'vitest'
import { redact } from './redact.js'

describe('what strangers say', () => {
  it('loses secrets, the longest first, and what a terminal might obey', () => {
    expect(redact('\u001b[31m  a key-long\nand key-', ['key-', 'key-long'])).toBe('\ufffd[31m a *** and ***')
  })

  it('keeps what is too short for a secret, and no more than a line', () => {
    expect(redact('a b', ['', 'a', 'b'])).toBe('a b')
    expect(redact('x'.repeat(1000), [])).toHaveLength(300)
  })
})
