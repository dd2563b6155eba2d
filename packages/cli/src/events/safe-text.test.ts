import fc from 'fast-check'
import { expect, it } from 'vitest'
import { safeText } from './safe-text.js'

it('spells out everything that could steer a terminal or fool its reader', () => {
  expect(safeText('a\u001b[2Jb\u0007\u009b1m\r\n\u007f')).toBe('a\\x1b[2Jb\\x07\\x9b1m\\x0d\\x0a\\x7f')
  expect(safeText('moc.\u202eelpmaxe\u2028')).toBe('moc.\\u202eelpmaxe\\u2028')
  expect(safeText('\u061ca\u200bb\u{e0041}')).toBe('\\u061ca\\u200bb\\udb40\\udc41')
})

it('leaves ordinary text of any script as it is', () => {
  expect(safeText('bücher.example 日本語 🙂')).toBe('bücher.example 日本語 🙂')
})

it('never lets a control character through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(safeText(text)).not.toMatch(/\p{Cc}/u)
    })
  )
})
