import { describe, expect, it } from 'vitest'
import type { KeyName } from './keys.js'
import { createTextField, editText, type TextField } from './text-field.js'

function edit(field: TextField, ...keys: (KeyName | { text: string })[]): TextField {
  return keys.reduce<TextField>((edited, key) => editText(edited, typeof key === 'string' ? { name: key } : key), field)
}

describe('editText', () => {
  it('types where the cursor is', () => {
    expect(edit(createTextField('ac'), 'left', { text: 'b' })).toEqual({ text: 'abc', cursor: 2 })
    expect(edit(createTextField('bc'), 'home', { text: 'a' }, 'end', { text: 'd' }).text).toBe('abcd')
  })

  it('deletes characters and words, never half a character', () => {
    expect(edit(createTextField('a😀'), 'backspace')).toEqual({ text: 'a', cursor: 1 })
    expect(edit(createTextField('😀a'), 'home', 'delete')).toEqual({ text: 'a', cursor: 0 })
    expect(edit(createTextField('😀'), 'left')).toEqual({ text: '😀', cursor: 0 })
    expect(edit(createTextField('one two '), 'kill-word').text).toBe('one ')
    expect(edit(createTextField('one two'), 'left', 'kill-line')).toEqual({ text: 'o', cursor: 0 })
    expect(edit(createTextField(''), 'backspace', 'delete', 'left', 'right')).toEqual({ text: '', cursor: 0 })
  })

  it('does not grow without end', () => {
    expect(edit(createTextField(''), { text: 'x'.repeat(10_000) }).text).toHaveLength(4_096)
  })
})
