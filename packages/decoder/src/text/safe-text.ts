// C0 and C1 controls, DEL, line and paragraph separators, format characters (among them the marks that turn the writing
// direction around), and half surrogates: who chooses a DNS name or a prefix must not drive, or fool, a reader's terminal.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Text with everything that could steer a terminal spelled out, as `\x1b` or `\u202e`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : escapeUnits(character)
  })
}

/** The same for JSON on one line, where such characters stand only in strings: an escape means what it stands for. */
export function safeJson(json: string): string {
  return json.replace(UNSAFE, escapeUnits)
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
