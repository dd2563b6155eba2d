// C0 and C1 controls, DEL, line and paragraph separators, and format characters, among them the marks that turn the writing
// direction around: whoever chooses a DNS name or a prefix must not be able to drive, or fool, the terminal of a reader.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Text with everything that could steer a terminal spelled out, as `\x1b` or `\u202e`. */
export function safeText(text: string): string {
  return text.replace(unsafe, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : escapeUnits(character)
  })
}

/** The same for JSON on one line, where such characters stand only in strings: an escape means what it stands for. */
export function safeJson(json: string): string {
  return json.replace(unsafe, escapeUnits)
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
