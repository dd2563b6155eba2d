/** A key as the terminal reports it: one with a name, or text that was typed or pasted. */
export type Key = { readonly name: KeyName } | { readonly text: string }

export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'interrupt'
  | 'suspend'
  | 'redraw'
  | 'line-start'
  | 'line-end'
  | 'kill-line'
  | 'kill-word'

/** By the last character of CSI and SS3 sequences (ECMA-48, xterm). */
const finals: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  M: 'enter'
}
/** By the number before a `~`. */
const numbered: Readonly<Record<string, KeyName>> = {
  '1': 'home',
  '3': 'delete',
  '4': 'end',
  '5': 'page-up',
  '6': 'page-down',
  '7': 'home',
  '8': 'end'
}
const controls: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x01': 'line-start',
  '\x03': 'interrupt',
  '\x05': 'line-end',
  '\x0c': 'redraw',
  '\x15': 'kill-line',
  '\x17': 'kill-word',
  '\x1a': 'suspend'
}

const ESC = '\x1b'
const pasteStart = `${ESC}[200~`
const pasteEnd = `${ESC}[201~`
/** No key has a longer sequence; what goes on is thrown away up to here. */
const maxSequence = 32
/** A pasted filter is shorter; the rest of a book is left out. */
const maxPaste = 16_384

/** Puts keys together from what a terminal sends, wherever the chunks are cut. */
export class KeyParser {
  #rest = ''

  /** What came is the beginning of something, or the escape key itself: if nothing follows soon, {@link flush}. */
  get isUnfinished(): boolean {
    return this.#rest !== '' && !this.#rest.startsWith(pasteStart)
  }

  push(chunk: string): readonly Key[] {
    this.#rest += chunk
    const keys: Key[] = []
    for (let length = 0; this.#rest !== ''; this.#rest = this.#rest.slice(length)) {
      const taken = take(this.#rest)
      if (taken === undefined) break
      length = taken.length
      if (taken.key) keys.push(taken.key)
    }
    return keys
  }

  /** Nothing followed: an escape was the key, anything else that began with one was no key we know. */
  flush(): readonly Key[] {
    const isEscape = this.#rest === ESC
    this.#rest = ''
    return isEscape ? [{ name: 'escape' }] : []
  }
}

/** The first key and its length; `undefined` while it is not there as a whole. */
function take(input: string): { key?: Key; length: number } | undefined {
  if (input[0] !== ESC) return takeCharacter(input)
  if (input.length === 1) return undefined
  if (input.startsWith(pasteStart)) return takePaste(input)
  if (input[1] === ESC) return { key: { name: 'escape' }, length: 1 }
  if (input[1] === 'O') return input.length === 2 ? undefined : named(finals[input[2] ?? ''], 3)
  if (input[1] === '[') return takeSequence(input)
  // Alt and a character, which means nothing here.
  const [character = ''] = input.slice(1)
  return { length: 1 + character.length }
}

function takeSequence(input: string): { key?: Key; length: number } | undefined {
  // Parameters, intermediates, final. Nothing behind the longest sequence is looked at: it may not be there yet.
  const [sequence = '', parameters = '', final] = /^..([0-?]*)[ -/]*([@-~])?/s.exec(input.slice(0, maxSequence)) ?? []
  if (final === undefined) {
    const isCut = sequence.length === input.length && input.length < maxSequence
    return isCut ? undefined : { length: sequence.length }
  }
  const [first = ''] = parameters.split(';')
  return named(final === '~' ? numbered[first] : finals[final], sequence.length)
}

function takePaste(input: string): { key?: Key; length: number } | undefined {
  const end = input.indexOf(pasteEnd)
  if (end === -1 && input.length < maxPaste) return undefined
  const text = oneLine(input.slice(pasteStart.length, end === -1 ? undefined : end))
  const length = end === -1 ? input.length : end + pasteEnd.length
  return text === '' ? { length } : { key: { text }, length }
}

function takeCharacter(input: string): { key?: Key; length: number } {
  const [character = ''] = input
  const name = controls[character]
  if (name !== undefined) return named(name, character.length)
  return /\p{Cc}|\p{Cs}/u.test(character)
    ? { length: character.length }
    : { key: { text: character }, length: character.length }
}

function named(name: KeyName | undefined, length: number): { key?: Key; length: number } {
  return name === undefined ? { length } : { key: { name }, length }
}

function oneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '')
}
