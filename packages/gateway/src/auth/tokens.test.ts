import { describe, expect, it } from 'vitest'
import { matchesAny, parseTokens } from './tokens.js'

const parse = (text: string): ReturnType<typeof parseTokens> => parseTokens(text, reason => new Error(reason))

describe('a token file', () => {
  it('holds one token per line, blanks around it and comments aside', () => {
    const digests = parse('# for the dashboard\r\n  first  \r\n\n\tsecond#not-a-comment\n#third\nlast')
    expect(digests).toHaveLength(3)
    for (const token of ['first', 'second#not-a-comment', 'last']) expect(matchesAny(token, digests)).toBe(true)
    for (const token of ['', ' first', 'first\n', 'second', '#third', 'firs', 'firstfirst']) {
      expect(matchesAny(token, digests)).toBe(false)
    }
  })

  it.each([
    ['', 'it holds none'],
    ['# nothing\n\n', 'it holds none'],
    ['good\nuser:password', 'line 2 holds a colon'],
    ['two words', 'line 1 holds a blank'],
    ['\n\nnaïve', 'line 3 holds a blank or a character beyond ASCII'],
    ['x'.repeat(4097), 'line 1 is longer than 4096 characters']
  ])('such as %j is refused, and no token told', (text, reason) => {
    expect(() => parse(text)).toThrow(reason)
    expect(() => parse(text)).not.toThrow(/user:|two|naïve|xxx/)
  })
})
