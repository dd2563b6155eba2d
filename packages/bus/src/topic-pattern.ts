/** Tells whether a topic is wanted. */
export type TopicMatcher = (topic: string) => boolean

/** First token of the topics that are the bus's own, seen only by readers that ask. */
export const CONTROL_TOKEN = 'bus'
/** What the topics of the bus itself begin with. */
export const CONTROL_PREFIX = 'bus:'

/** The topic of gap notices. */
export const GAP_TOPIC = 'bus:gap'

/** The topic of statistics. */
export const STATS_TOPIC = 'bus:stats'

const MAX_PATTERN_LENGTH = 1024
/** Characters of all patterns of a reader: each of its topics is compared with each, and statistics tell them. */
const MAX_PATTERNS_LENGTH = 4096

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
    if (candidate.length > MAX_PATTERN_LENGTH) {
      throw new TypeError(`prefix: expected at most ${MAX_PATTERN_LENGTH} characters, got ${candidate.length}`)
    }
    // Sorted, a prefix stands right before everything it covers.
    const last = reduced.at(-1)
    if (last === undefined || !candidate.startsWith(last)) reduced.push(candidate)
  }
  return reduced
}

/**
 * Checks wildcard patterns: tokens divided by colons, `*` for any one, `>` at the end for one or more.
 * @throws TypeError
 */
export function checkPatterns(match: string | readonly string[] | undefined): readonly string[] {
  if (match === undefined) return []
  const patterns: readonly unknown[] = typeof match === 'string' ? [match] : Array.from(match)
  let length = 0
  return patterns.map(pattern => {
    if (typeof pattern !== 'string') throw new TypeError(`match: expected a string, got ${typeof pattern}`)
    if (pattern === '' || pattern.length > MAX_PATTERN_LENGTH) {
      throw new TypeError(`match: expected 1 to ${MAX_PATTERN_LENGTH} characters, such as nft:*:in`)
    }
    length += pattern.length
    if (length > MAX_PATTERNS_LENGTH) {
      throw new TypeError(`match: expected at most ${MAX_PATTERNS_LENGTH} characters in all patterns together`)
    }
    const tokens = pattern.split(':')
    if (tokens.indexOf('>') !== -1 && tokens.indexOf('>') !== tokens.length - 1) {
      throw new TypeError(`match: ${JSON.stringify(pattern)} has a > that is not the last token`)
    }
    return pattern
  })
}

/** What every topic that a pattern matches begins with. */
export function literalPrefix(pattern: string): string {
  const tokens = pattern.split(':')
  const wild = tokens.findIndex(token => token === '*' || token === '>')
  if (wild === -1) return pattern
  return wild === 0 ? '' : `${tokens.slice(0, wild).join(':')}:`
}

/** A matcher for topics that begin with one of the prefixes. Plain text, as in sprbus: `nft:lan:in` also means `nft:lan:input`. */
export function createPrefixMatcher(prefixes: readonly string[]): TopicMatcher {
  const [first = '', ...rest] = prefixes
  if (rest.length > 0) return topic => prefixes.some(prefix => topic.startsWith(prefix))
  return first === '' ? () => true : topic => topic.startsWith(first)
}

/** A matcher for a checked wildcard pattern. Linear in the topic's length. */
export function createPatternMatcher(pattern: string): TopicMatcher {
  const tokens = pattern.split(':')
  const isOpen = tokens.at(-1) === '>'
  const fixed = isOpen ? tokens.slice(0, -1) : tokens
  return topic => {
    let from = 0
    for (const token of fixed) {
      if (from > topic.length) return false
      const colon = topic.indexOf(':', from)
      const to = colon === -1 ? topic.length : colon
      if (token !== '*' && (to - from !== token.length || !topic.startsWith(token, from))) return false
      from = to + 1
    }
    // A token is left exactly when the last one ended at a colon.
    return isOpen ? from <= topic.length : from > topic.length
  }
}

/** What a reader wants, by topic. */
export interface TopicFilter {
  readonly wants: TopicMatcher
  /** Whether a topic with this first token can be wanted. */
  mayWant(token: string): boolean
}

/**
 * Puts prefixes and patterns together; both must hold. The bus's own topics are wanted only by readers of gaps, and by those
 * that name them: nobody who asks for everything is surprised by them. `withColon` compares prefixes with the topic and a colon.
 */
export function createTopicFilter(
  prefixes: readonly string[],
  patterns: readonly string[] = [],
  gaps = false,
  withColon = false
): TopicFilter {
  const matchers = patterns.map(createPatternMatcher)
  const begins = createPrefixMatcher(prefixes)
  const hasPrefix: TopicMatcher = withColon ? topic => begins(`${topic}:`) : begins
  const matches: TopicMatcher =
    matchers.length === 0 ? hasPrefix : topic => hasPrefix(topic) && matchers.some(match => match(topic))
  const namesControl = [...prefixes, ...patterns.map(literalPrefix)].some(prefix => prefix.startsWith(CONTROL_PREFIX))
  return {
    wants: topic => {
      if (!topic.startsWith(CONTROL_PREFIX)) return matches(topic)
      return (gaps && topic === GAP_TOPIC) || (namesControl && matches(topic))
    },
    mayWant: token => {
      if (token === CONTROL_TOKEN)
        return gaps || namesControl || prefixes.some(prefix => CONTROL_TOKEN.startsWith(prefix))
      const mayHavePrefix = prefixes.some(prefix => mayBegin(prefix, token))
      return mayHavePrefix && (patterns.length === 0 || patterns.some(pattern => mayMatch(pattern, token)))
    }
  }
}

/** The part of a topic before its first colon. */
export function firstToken(topic: string): string {
  const colon = topic.indexOf(':')
  return colon === -1 ? topic : topic.slice(0, colon)
}

function mayBegin(prefix: string, token: string): boolean {
  return prefix.includes(':') ? firstToken(prefix) === token : token.startsWith(prefix)
}

function mayMatch(pattern: string, token: string): boolean {
  const first = firstToken(pattern)
  return first === '*' || first === '>' || first === token
}
