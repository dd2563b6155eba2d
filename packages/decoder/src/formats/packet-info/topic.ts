/** Go's unicode.IsSpace: U+0085 is a blank, U+FEFF is not. */
const BLANKS =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

/** Go's mapping of U+0130; JavaScript adds a combining dot. */
const CAPITAL_I_WITH_DOT = '\u0130'

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
  for (const character of text) lower += character === CAPITAL_I_WITH_DOT ? 'i' : character.toLowerCase()
  return lower
}
