import type { Key } from './keys.js'

/** A line of text being typed. */
export interface TextField {
  readonly text: string
  /** Where the next character goes, in UTF-16 units; never inside a character. */
  readonly cursor: number
}

const maxLength = 4_096

export function createTextField(text: string): TextField {
  return { text, cursor: text.length }
}

/** The field after a key; the same object when the key means nothing to it. */
export function editText(field: TextField, key: Key): TextField {
  const { text, cursor } = field
  const before = text.slice(0, cursor)
  const after = text.slice(cursor)
  if ('text' in key) {
    const room = key.text.slice(0, Math.max(0, maxLength - text.length))
    return { text: before + room + after, cursor: cursor + room.length }
  }
  switch (key.name) {
    case 'left':
      return { text, cursor: cursor - lastLength(before) }
    case 'right':
      return { text, cursor: cursor + firstLength(after) }
    case 'home':
    case 'line-start':
      return { text, cursor: 0 }
    case 'end':
    case 'line-end':
      return { text, cursor: text.length }
    case 'backspace':
      return withBefore(before.slice(0, before.length - lastLength(before)), after)
    case 'delete':
      return { text: before + after.slice(firstLength(after)), cursor }
    case 'kill-line':
      return withBefore('', after)
    case 'kill-word':
      return withBefore(before.replace(/\S*\s*$/, ''), after)
    default:
      return field
  }
}

function withBefore(before: string, after: string): TextField {
  return { text: before + after, cursor: before.length }
}

function firstLength(text: string): number {
  const [character = ''] = text
  return character.length
}

function lastLength(text: string): number {
  return Array.from(text.slice(-2)).at(-1)?.length ?? 0
}
