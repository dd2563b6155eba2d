// C0 and C1 controls, DEL, line and paragraph separators, and the marks that turn the writing direction around: whoever
// chooses a DNS name or a prefix must not be able to drive, or fool, the terminal of the person who reads it.
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** Text with everything that could steer a terminal spelled out, as `\x1b` or `\u202e`. */
export function safeText(text: string): string {
  return text.replace(unsafe, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
