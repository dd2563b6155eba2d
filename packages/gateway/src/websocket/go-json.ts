/** Deeper than anything that is meant; Go's own decoder stops at 10,000. */
const MAX_DEPTH = 1000

/** What `encoding/json` escapes in strings so that they may stand in a web page. */
const UNSAFE = /[<>&\u2028\u2029]/g

/** A string as Go writes it. */
export function formatGoString(text: string): string {
  return JSON.stringify(text).replace(UNSAFE, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * A JSON object as Go writes it after reading it into a map: keys sorted, nothing between tokens. `undefined` for whatever is
 * no JSON object. Never throws.
 */
export function reencodeGoObject(text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? format(value, 0) : undefined
}

function format(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return formatGoString(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth === MAX_DEPTH) return undefined
  const parts: string[] = []
  if (Array.isArray(value)) {
    for (const item of value) {
      const part = format(item, depth + 1)
      if (part === undefined) return undefined
      parts.push(part)
    }
    return `[${parts.join(',')}]`
  }
  // Written by hand: an object of our own would put keys that look like numbers first.
  for (const [key, item] of Object.entries(value).sort(byCodePoints)) {
    const part = format(item, depth + 1)
    if (part === undefined) return undefined
    parts.push(`${formatGoString(key)}:${part}`)
  }
  return `{${parts.join(',')}}`
}

/** Go compares the bytes of UTF-8, which is the order of code points; ours is that of UTF-16 units. */
function byCodePoints([a]: [string, unknown], [b]: [string, unknown]): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const [unitA, unitB] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (unitA !== unitB) return isSurrogate(unitA) === isSurrogate(unitB) ? unitA - unitB : isSurrogate(unitA) ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
