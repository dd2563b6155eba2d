/** Longest DNS name as text; whatever is longer is none. */
const MAX_NAME_LENGTH = 255

/**
 * Makes a test for DNS names out of a pattern in which `*` stands for any characters, dots included. Case and a dot at
 * the end do not count. Not a regular expression on purpose: no pattern and no name can make it slow.
 */
export function createGlob(pattern: string): (name: string) => boolean {
  const [first = '', ...rest] = normalise(pattern).split('*')
  const last = rest.pop()
  return name => {
    const text = normalise(name)
    if (text.length > MAX_NAME_LENGTH || !text.startsWith(first)) return false
    if (last === undefined) return text === first
    // Taking the leftmost place for each piece leaves the most room for the next, so there is never a reason to go back.
    let at = first.length
    for (const piece of rest) {
      const found = text.indexOf(piece, at)
      if (found === -1) return false
      at = found + piece.length
    }
    return text.length - at >= last.length && text.endsWith(last)
  }
}

function normalise(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower
}
