import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Key, KeyParser } from './keys.js'

function parse(...chunks: string[]): readonly Key[] {
  const parser = new KeyParser()
  return chunks.flatMap(chunk => parser.push(chunk))
}

describe('KeyParser', () => {
  it.each([
    ['\x1b[A', 'up'],
    ['\x1bOB', 'down'],
    ['\x1b[1;5C', 'right'],
    ['\x1b[5~', 'page-up'],
    ['\x1b[4~', 'end'],
    ['\x1bOH', 'home'],
    ['\r', 'enter'],
    ['\x7f', 'backspace'],
    ['\x03', 'interrupt'],
    ['\x1a', 'suspend']
  ])('knows %j', (text, name) => {
    expect(parse(text)).toEqual([{ name }])
  })

  it('takes characters one by one, whole ones', () => {
    expect(parse('a日😀')).toEqual([{ text: 'a' }, { text: '日' }, { text: '😀' }])
  })

  it('takes an escape for the key only when nothing follows', () => {
    const parser = new KeyParser()
    expect(parser.push('\x1b')).toEqual([])
    expect(parser.isUnfinished).toBe(true)
    expect(parser.flush()).toEqual([{ name: 'escape' }])
    expect(parser.push('\x1b')).toEqual([])
    expect(parser.push('[A')).toEqual([{ name: 'up' }])
    expect(parser.isUnfinished).toBe(false)
    expect(parse('\x1b\x1b[A')).toEqual([{ name: 'escape' }, { name: 'up' }])
  })

  it('takes what is pasted for text on one line, and not for keys', () => {
    expect(parse('\x1b[200~q\r\n/x\x1b[201~q')).toEqual([{ text: 'q /x' }, { text: 'q' }])
    expect(parse('\x1b[200~unfinished', ' paste\x1b[201~')).toEqual([{ text: 'unfinished paste' }])
  })

  it('leaves out keys it does not know', () => {
    expect(parse('\x1b[24~', '\x1bx', '\x1b[<0;1;1M\x07', 'a')).toEqual([{ name: 'enter' }, { text: 'a' }])
  })

  it('lets go of a sequence that breaks off, and takes what follows for what it is', () => {
    expect(parse('\x1b[5\x1b[A')).toEqual([{ name: 'up' }])
    expect(parse('\x1b[日[C')).toEqual([{ text: '日' }, { text: '[' }, { text: 'C' }])
    expect(parse(`\x1b[${'0'.repeat(30)}`, 'a')).toEqual([{ text: 'a' }])
  })

  it('gives the same keys wherever the chunks are cut, and never text that could steer a terminal', () => {
    const input = fc.string({ unit: fc.constantFrom(...'\x1b\x1b[O025;~ABCa \r\x7f日😀', '\x1b[200~', '\x1b[201~') })
    fc.assert(
      fc.property(input, fc.nat(40), (text, cut) => {
        const keys = parse(text)
        // The decoder before it never cuts a character.
        const characters = [...text]
        expect(parse(characters.slice(0, cut).join(''), characters.slice(cut).join(''))).toEqual(keys)
        for (const key of keys) if ('text' in key) expect(key.text).not.toMatch(/\p{Cc}/u)
      })
    )
  })
})
