import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countLines, forEachLine, LineSplitter } from './line-splitter.js'

/** What a splitter says of chunks: each line as text, `null` for one that was too long. */
function split(
  chunks: readonly Buffer[],
  maxLineBytes: number
): { lines: (string | null)[]; rest: string | undefined } {
  const lines: (string | null)[] = []
  const splitter = new LineSplitter(maxLineBytes, {
    lines: bytes => {
      expect(bytes.at(-1)).toBe(0x0a)
      const before = lines.length
      forEachLine(bytes, line => lines.push(line))
      expect(lines.length - before).toBe(countLines(bytes))
    },
    overlong: () => lines.push(null)
  })
  for (const chunk of chunks) splitter.push(chunk)
  return { lines, rest: splitter.end()?.toString() }
}

/** Cuts a buffer at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é', '漢', '😀', '{"'), maxLength: 80 })
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.integer({ min: 2, max: 20 }),
        (stream, places, max) => {
          const whole = stream.split('\n')
          const last = whole.pop() ?? ''
          const expected = whole.map(line => (Buffer.byteLength(line) + 1 > max ? null : line))
          const lastTooLong = Buffer.byteLength(last) >= max
          const { lines, rest } = split(cut(Buffer.from(stream), places), max)
          expect(lines).toEqual(lastTooLong ? [...expected, null] : expected)
          expect(rest ?? '').toBe(lastTooLong ? '' : last)
        }
      ),
      { numRuns: 500 }
    )
  })

  it('puts a character back together that was cut at every place', () => {
    const bytes = Buffer.from('😀ж\n漢\n')
    for (let place = 0; place <= bytes.length; place += 1) {
      expect(split(cut(bytes, [place]), 100).lines).toEqual(['😀ж', '漢'])
    }
  })

  it('hands out most of a chunk as a view of it', () => {
    const chunk = Buffer.from('one\ntwo\nthr')
    const seen: Buffer[] = []
    const splitter = new LineSplitter(100, { lines: bytes => seen.push(bytes), overlong: () => expect.unreachable() })
    splitter.push(chunk)
    expect(seen.map(bytes => [bytes.buffer === chunk.buffer, bytes.toString()])).toEqual([[true, 'one\ntwo\n']])
    splitter.push(Buffer.from('ee\n'))
    expect(seen[1]?.toString()).toBe('three\n')
  })

  it('holds a line that comes byte by byte in about as many bytes', () => {
    const splitter = new LineSplitter(1 << 20, { lines: () => expect.unreachable(), overlong: () => undefined })
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    const byte = Buffer.from('x')
    for (let index = 0; index < 200_000; index += 1) splitter.push(byte)
    const after = process.memoryUsage()
    // In pieces they would take 90 bytes each.
    expect(after.heapUsed - heapUsed + after.arrayBuffers - arrayBuffers).toBeLessThan(8 * 1024 * 1024)
    expect(splitter.end()?.length).toBe(200_000)
  })

  it('tells of a line that is too long before it has ended, holds none of it, and finds the next', () => {
    let overlong = 0
    const lines: string[] = []
    const splitter = new LineSplitter(1024, {
      lines: bytes => lines.push(bytes.toString()),
      overlong: () => {
        overlong += 1
      }
    })
    for (let index = 0; index < 1024; index += 1) splitter.push(Buffer.alloc(1024, 'x'))
    expect(overlong).toBe(1)
    expect(splitter.end()).toBeUndefined()
    splitter.push(Buffer.from('x'.repeat(2000)))
    splitter.push(Buffer.from('x\nshort\n'))
    expect({ overlong, lines }).toEqual({ overlong: 2, lines: ['short\n'] })
  })
})
