/** Go's unicode.IsSpace: U+0085 is a blank, U+FEFF is not. */
const BLANKS =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

/** Go makes this a plain `i`; JavaScript adds a combining dot. */
const CAPITAL_I_WITH_DOT = '\u0130'

/** Capitals younger than Unicode 15, which is what Go 1.25 knows: there they have no lower case. */
const UNKNOWN_TO_GO = /[\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u

/**
 * The bus topic of a log prefix: `nft:` and the prefix in lower case without surrounding blanks, by Go's rules.
 * `"DROP:Input "` becomes `nft:drop:input`.
 */
export function topicOf(prefix: string): string {
  return `nft:${lowerGo(prefix).replace(BLANKS, '')}`
}

/** Go lowers code point by code point, so that a final sigma is a sigma like any other. */
function lowerGo(text: string): string {
  let lower = ''
  for (const character of text) {
    if (character === CAPITAL_I_WITH_DOT) lower += 'i'
    else lower += UNKNOWN_TO_GO.test(character) ? character : character.toLowerCase()
  }
  return lower
}
