/** A line of line protocol, taken apart as InfluxDB's own parser does. */
export interface ParsedLine {
  measurement: string
  tags: Record<string, string>
  fields: Record<string, string | number | boolean>
  time: string
}

/** Reads a line the way the format's definition says: a backslash escapes commas, equals signs and blanks. @throws Error */
export function parseLine(line: string): ParsedLine {
  let at = 0
  const until = (stops: string): string => {
    let text = ''
    for (; at < line.length && !stops.includes(line.charAt(at)); at += 1) {
      if (line.charAt(at) === '\n') throw new Error(`a line break in ${JSON.stringify(line)}`)
      if (line.charAt(at) === '\\' && ',= '.includes(line.charAt(at + 1)) && at + 1 < line.length) at += 1
      text += line.charAt(at)
    }
    return text
  }
  const expectChar = (character: string): void => {
    if (line.charAt(at) !== character) throw new Error(`no ${character} at ${at} in ${JSON.stringify(line)}`)
    at += 1
  }
  const measurement = until(', ')
  const tags: ParsedLine['tags'] = {}
  while (line.charAt(at) === ',') {
    at += 1
    const name = until('=, ')
    expectChar('=')
    const value = until(', ')
    if (name === '' || value === '') throw new Error(`an empty tag in ${JSON.stringify(line)}`)
    tags[name] = value
  }
  expectChar(' ')
  const fields: ParsedLine['fields'] = {}
  do {
    if (line.charAt(at) === ',') at += 1
    const name = until('=, ')
    expectChar('=')
    fields[name] = line.charAt(at) === '"' ? quoted() : scalar(until(', '))
  } while (line.charAt(at) === ',')
  expectChar(' ')
  const time = line.slice(at)
  if (!/^\d+$/.test(time)) throw new Error(`no time in ${JSON.stringify(line)}`)
  return { measurement, tags, fields, time }

  function quoted(): string {
    let text = ''
    for (at += 1; line.charAt(at) !== '"'; at += 1) {
      if (at >= line.length) throw new Error(`an open string in ${JSON.stringify(line)}`)
      if (line.charAt(at) === '\\' && '"\\'.includes(line.charAt(at + 1))) at += 1
      text += line.charAt(at)
    }
    at += 1
    return text
  }
}

function scalar(text: string): number | boolean {
  const [, digits] = /^(\d+)[iu]$/.exec(text) ?? []
  if (digits === undefined) throw new Error(`${JSON.stringify(text)} is no integer`)
  return Number(digits)
}
