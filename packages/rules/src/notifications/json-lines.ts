/** The line an offset is on, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** The lines that the elements of a JSON list begin on. The text is JSON: that was seen before. */
export function entryLines(text: string): number[] {
  const lines: number[] = []
  let line = 1
  let depth = 0
  let isExpected = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\n') line++
    if (character === undefined || character.trim() === '') continue
    if (isExpected && character !== ']') {
      lines.push(line)
      isExpected = false
    }
    if (character === '"') at = endOfString(text, at)
    else if (character === '[' || character === '{') {
      depth++
      if (depth === 1) isExpected = true
    } else if (character === ']' || character === '}') depth--
    else if (character === ',' && depth === 1) isExpected = true
  }
  return lines
}

/** JSON has no line breaks in its strings. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
