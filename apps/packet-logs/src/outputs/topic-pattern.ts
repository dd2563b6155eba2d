const MAX_PATTERN_CHARACTERS = 1024

/** What is wrong with a pattern of topics; undefined when nothing is. */
export function checkPattern(pattern: string): string | undefined {
  if (pattern === '' || pattern.length > MAX_PATTERN_CHARACTERS) {
    return `takes 1 to ${MAX_PATTERN_CHARACTERS} characters, such as nft:*:in`
  }
  const tokens = pattern.split(':')
  const open = tokens.indexOf('>')
  if (open !== -1 && open !== tokens.length - 1) return `${JSON.stringify(pattern)} has a > that is not the last token`
  return undefined
}

/** Whether a topic matches a pattern of the bus: tokens divided by colons, `*` for any one, `>` at the end for one or more. */
export function matchesPattern(pattern: string, topic: string): boolean {
  const tokens = pattern.split(':')
  const given = topic.split(':')
  const isOpen = tokens.at(-1) === '>'
  if (isOpen) tokens.pop()
  if (isOpen ? given.length <= tokens.length : given.length !== tokens.length) return false
  return tokens.every((token, index) => token === '*' || token === given[index])
}
