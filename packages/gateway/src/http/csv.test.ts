import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine } from './csv.js'

/** RFC 4180, the other way round. */
function readCsvLine(line: string): string[] {
  expect(line.endsWith('\r\n')).toBe(true)
  const cells: string[] = []
  let rest = line.slice(0, -2)
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest)
    const plain = /^([^",\r\n]*)(,|$)/.exec(rest)
    const [whole = '', cell = '', comma = ''] = quoted ?? plain ?? expect.fail(`not CSV: ${rest}`)
    cells.push(quoted ? cell.replaceAll('""', '"') : cell)
    if (comma === '') return cells
    rest = rest.slice(whole.length)
  }
}

describe('csvLine', () => {
  it.each([
    ['=HYPERLINK("http://evil.example","click")', '"\'=HYPERLINK(""http://evil.example"",""click"")"'],
    ['+1', "'+1"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' \t=1+1', "' \t=1+1"],
    ['\r=1', '"\'\r=1"'],
    ['\uff1d1+1', "'\uff1d1+1"],
    ['|calc', "'|calc"],
    ['%0A', "'%0A"],
    ['a=b', 'a=b'],
    ['a "b", c', '"a ""b"", c"'],
    ['two\nlines', '"two\nlines"']
  ])('writes %j as %j', (text, cell) => {
    expect(csvLine([text])).toBe(`${cell}\r\n`)
  })

  it('leaves numbers alone, and what is absent empty', () => {
    expect(csvLine([-1, undefined, 22, ''])).toBe('-1,,22,\r\n')
  })

  it('can be read back whatever is in it, and no cell begins like a formula', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...'=+-@|% \t\r\n",a'), { maxLength: 12 }).map(characters => characters.join(''))
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), cells => {
        const read = readCsvLine(csvLine(cells))
        expect(read.map((cell, at) => (cell === `'${cells[at]}` ? cells[at] : cell))).toEqual(cells)
        for (const cell of read) expect(cell.trimStart()).not.toMatch(/^[=+\-@|%]/)
      }),
      { numRuns: 40 }
    )
  })
})
