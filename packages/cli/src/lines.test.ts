import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from './lines.js'

const never = new AbortController().signal

async function linesOf(...chunks: string[]): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(Readable.from(chunks.map(chunk => Buffer.from(chunk))), never)) lines.push(line)
  return lines
}

describe('readLines', () => {
  it('gives each line, whatever the chunks', async () => {
    const line = fc.string().filter(text => !/[\r\n]/.test(text))
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.nat(9), async (lines, size) => {
        const text = Buffer.from(lines.map(each => `${each}\n`).join(''))
        const input = Readable.from(
          Array.from({ length: Math.ceil(text.length / (size + 1)) }, (_, index) =>
            text.subarray(index * (size + 1), (index + 1) * (size + 1))
          )
        )
        const read: string[] = []
        for await (const each of readLines(input, never)) read.push(each)
        expect(read).toEqual(lines)
      })
    )
  })

  it('takes CR LF for one end, a CR inside a line for a part of it, and the last line without an end', async () => {
    expect(await linesOf('a\r\nb\rc\n', 'd')).toEqual(['a', 'b\rc', 'd'])
  })

  it('gives a line without end once, bounded, and goes on behind it', async () => {
    const chunk = 'x'.repeat(100_000)
    const [first = '', ...others] = await linesOf(chunk, chunk, chunk, chunk, `${chunk}\nnext\n`, 'last')
    expect(first).toHaveLength(300_000)
    expect(others).toEqual(['next', 'last'])
  })
})
