import type { Readable } from 'node:stream'

/** More than any bus takes. */
const hopelessLength = 262_144

/**
 * Lines end in LF or CR LF and in nothing else: readline also takes a CR inside a line for its end. A line that is longer than
 * any bus takes is given as far as it was read when that showed, and the rest of it is left out.
 */
export async function* readLines(input: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const stop = (): void => void input.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let rest = ''
  let isHopeless = false
  try {
    for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (!isHopeless) yield withoutReturn(line)
        isHopeless = false
      }
      if (isHopeless) rest = ''
      else if (rest.length > hopelessLength) {
        yield rest
        rest = ''
        isHopeless = true
      }
    }
  } catch (error) {
    // Told to end, it publishes what it has.
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
