import { createHash, timingSafeEqual } from 'node:crypto'

/** What is kept of a token: enough to know it again. */
export type TokenDigest = Buffer

const MAX_TOKEN_LENGTH = 4096

/**
 * The tokens of a file's text, one per line; empty lines and those that begin with `#` are none.
 * @throws what `fail` makes of a reason; it names the line and never the token
 */
export function parseTokens(text: string, fail: (reason: string) => Error): readonly TokenDigest[] {
  const digests: TokenDigest[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const token = line.trim()
    if (token === '' || token.startsWith('#')) continue
    const flaw = flawOf(token)
    if (flaw !== undefined) throw fail(`line ${index + 1} ${flaw}`)
    digests.push(digestOf(token))
  }
  if (digests.length === 0) throw fail('it holds none; write one per line, such as `openssl rand -hex 32` makes them')
  return digests
}

/** Whether it is one of them. Takes as long wherever it stands in the list, and however much of it is right. */
export function matchesAny(token: string, digests: readonly TokenDigest[]): boolean {
  const digest = digestOf(token)
  let found = 0
  for (const known of digests) found |= Number(timingSafeEqual(digest, known))
  return found === 1
}

function flawOf(token: string): string | undefined {
  if (token.includes(':')) return "holds a colon; in SPR's handshake that means a password"
  if (!/^[\x21-\x7e]+$/.test(token)) return 'holds a blank or a character beyond ASCII'
  if (token.length > MAX_TOKEN_LENGTH) return `is longer than ${MAX_TOKEN_LENGTH} characters`
  return undefined
}

function digestOf(token: string): TokenDigest {
  return createHash('sha256').update(token).digest()
}
