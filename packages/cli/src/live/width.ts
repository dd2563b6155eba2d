import { stripVTControlCharacters } from 'node:util'

/** Takes no column of its own: accents and other marks, joiners, variation selectors. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u
/** Takes two columns: East Asian wide and fullwidth (Unicode's EastAsianWidth W and F), and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u

const ESC = '\x1b'
const RESET = '\x1b[0m'

/** Columns of one character. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (NARROWEST.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Columns that a text without colours takes. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The text cut to fit, the cut marked by `…`. Colours may be in it; they end where it is cut. */
export function fitWidth(text: string, columns: number): string {
  // Most lines are short and plain: no character takes more columns than it has bytes.
  if (text.length * 2 <= columns) return text
  let width = 0
  let isColoured = false
  /** Where to cut if the rest turns out to be too long. */
  let cutAt = 0
  for (let at = 0; at < text.length; ) {
    if (text[at] === ESC) {
      // Texts are made safe, so that it can only be the colours of our own, which end in an m.
      isColoured = true
      at = text.indexOf('m', at) + 1 || text.length
      continue
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    width += characterWidth(character)
    if (width > columns) return columns < 1 ? '' : `${text.slice(0, cutAt)}…${isColoured ? RESET : ''}`
    at += character.length
    if (width < columns) cutAt = at
  }
  return text
}

/** Fits, and fills up with blanks. */
export function padWidth(text: string, columns: number): string {
  const fitting = fitWidth(text, columns)
  return fitting + ' '.repeat(Math.max(0, columns - textWidth(stripVTControlCharacters(fitting))))
}

/** The text in lines of at most that many columns, all but the first indented. Without colours. */
export function wrapWidth(text: string, columns: number, indent = ''): string[] {
  const head = indent.length < columns / 2 ? indent : ''
  const lines: string[] = []
  let line = ''
  let width = 0
  /** How much of the line is its indent, behind which a break gains nothing. */
  let start = 0
  for (const character of text) {
    const next = characterWidth(character)
    while (width + next > columns && line.length > start) {
      // Between words if that does not leave half a line empty.
      const blank = line.lastIndexOf(' ')
      const keep = blank > Math.max(start, line.length / 2) ? blank : line.length
      lines.push(line.slice(0, keep))
      line = head + line.slice(keep).trimStart()
      width = textWidth(line)
      start = head.length
    }
    // Where a line was broken, blanks are left out.
    if (character === ' ' && lines.length > 0 && line.length === start) continue
    line += character
    width += next
  }
  return [...lines, line]
}
