/** Tells whether a topic is wanted. */
export type TopicMatcher = (topic: string) => boolean

/**
 * Checks prefixes and leaves out those that another one covers, so that no event is wanted twice.
 * @throws TypeError when there is none, or one is not a string
 */
export function reducePrefixes(prefix: string | readonly string[]): readonly string[] {
  const prefixes: readonly unknown[] = typeof prefix === 'string' ? [prefix] : Array.from(prefix)
  if (prefixes.length === 0) {
    throw new TypeError("prefix: expected a topic prefix or a list of them; '' means every topic")
  }
  const reduced: string[] = []
  for (const candidate of prefixes.toSorted()) {
    if (typeof candidate !== 'string') throw new TypeError(`prefix: expected a string, got ${typeof candidate}`)
    // Sorted, a prefix stands right before everything it covers.
    const last = reduced.at(-1)
    if (last === undefined || !candidate.startsWith(last)) reduced.push(candidate)
  }
  return reduced
}

/** A matcher for topics that begin with one of the prefixes. Plain text, as in sprbus: `nft:lan:in` also means `nft:lan:input`. */
export function createTopicMatcher(prefixes: readonly string[]): TopicMatcher {
  const [first = '', ...rest] = prefixes
  if (rest.length > 0) return topic => prefixes.some(prefix => topic.startsWith(prefix))
  return first === '' ? () => true : topic => topic.startsWith(first)
}
