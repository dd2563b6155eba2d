/** The line an offset is on, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** A list or object whose end is still to come. */
interface OpenValue {
  readonly path: string
  /** Of a list the place of its next element; of an object -1. */
  index: number
  /** Of an object the key whose value comes next. */
  key: string | undefined
}

/**
 * The lines that values of a JSON text begin on, by their paths: `[2].Conditions.DstPort`, and the empty path for all of
 * it. The text is JSON: that was seen before.
 */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  const open: OpenValue[] = []
  let line = 1
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    const outer = open.at(-1)
    switch (character) {
      case '\n':
        line++
        break
      case ' ':
      case '\t':
      case '\r':
      case ':':
      case ',':
        break
      case ']':
      case '}':
        open.pop()
        break
      default: {
        const end = endOfToken(text, at)
        if (outer !== undefined && outer.index < 0 && outer.key === undefined) {
          outer.key = String(JSON.parse(text.slice(at, end + 1)))
        } else {
          const path = nextPath(outer)
          lines.set(path, line)
          if (character === '[' || character === '{')
            open.push({ path, index: character === '[' ? 0 : -1, key: undefined })
        }
        at = end
      }
    }
  }
  return lines
}

function nextPath(outer: OpenValue | undefined): string {
  if (outer === undefined) return ''
  if (outer.index >= 0) return `${outer.path}[${outer.index++}]`
  const { key } = outer
  outer.key = undefined
  return `${outer.path}.${key}`
}

/** JSON has no line breaks in its tokens. */
function endOfToken(text: string, start: number): number {
  let at = start
  if (text[at] === '[' || text[at] === '{') return at
  if (text[at] === '"') {
    for (at++; at < text.length && text[at] !== '"'; ) at += text[at] === '\\' ? 2 : 1
    return at
  }
  while (at + 1 < text.length && /[\w+.-]/.test(text[at + 1] ?? '')) at++
  return at
}
