/** Events are made by strangers: control characters and marks that reorder text must not reach the terminal. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}
