const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Events are made by strangers: control characters and marks that reorder text must not reach the terminal. */
export function safeText(text: string): string {
  return text.replace(unsafe, '\ufffd')
}

/** The same for JSON on one line, where they stand only in strings: as escapes, which mean what they stand for. */
export function safeJson(json: string): string {
  return json.replace(unsafe, character =>
    Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
    }).join('')
  )
}
