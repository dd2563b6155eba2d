import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { fitWidth, padWidth, textWidth, wrapWidth } from './width.js'

const { red, bold } = pc.createColors(true)

describe('textWidth', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['한글', 4],
    ['e\u0301', 1],
    ['😀', 2],
    ['→…é', 3],
    ['ｆ', 2]
  ])('counts the columns of %j', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe('fitWidth', () => {
  it('cuts what is too wide and marks it, colours not counted and ended', () => {
    expect(fitWidth('abcdef', 4)).toBe('abc…')
    expect(fitWidth('abcd', 4)).toBe('abcd')
    expect(fitWidth('日本語', 4)).toBe('日…')
    expect(fitWidth(red('abcdef'), 4)).toBe('\x1b[31mabc…\x1b[0m')
    expect(fitWidth(red('abcd'), 4)).toBe(red('abcd'))
    expect(fitWidth('abc', 0)).toBe('')
  })

  it('never gives more columns than there are, and the beginning of the text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '日', '😀', ' ', 'e\u0301', red('x'), bold('日')) })
    fc.assert(
      fc.property(text, fc.nat(30), (any, columns) => {
        const plain = stripVTControlCharacters(fitWidth(any, columns))
        expect(textWidth(plain)).toBeLessThanOrEqual(columns)
        expect(stripVTControlCharacters(any).startsWith(plain.replace('…', ''))).toBe(true)
        expect(textWidth(stripVTControlCharacters(padWidth(any, columns)))).toBe(columns)
      })
    )
  })
})

describe('wrapWidth', () => {
  it('breaks between words where it can, and indents what goes on', () => {
    expect(wrapWidth('one two three', 8, '  ')).toEqual(['one two', '  three'])
    expect(wrapWidth('abcdefghij', 4, ' ')).toEqual(['abcd', ' efg', ' hij'])
    expect(wrapWidth('', 4)).toEqual([''])
  })

  it('leaves out the blanks at a break, and breaks lines that begin with blanks', () => {
    expect(wrapWidth('aaaaa日   a', 4, ' ')).toEqual(['aaaa', ' a日', ' a'])
    expect(wrapWidth('      ab', 4, ' ').join('').trim()).toBe('ab')
    const wide = '日'.repeat(20)
    expect(wrapWidth(wide, 17, ' '.repeat(8)).join('').replaceAll(' ', '')).toBe(wide)
  })

  it('loses nothing but blanks, and fits', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '日', ' ') })
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 20 }), (any, columns) => {
        const lines = wrapWidth(any, columns, ' ')
        for (const line of lines) expect(textWidth(line.trimEnd())).toBeLessThanOrEqual(columns)
        expect(lines.join('').replaceAll(' ', '')).toBe(any.replaceAll(' ', ''))
      }),
      { numRuns: 2_000 }
    )
  })
})
