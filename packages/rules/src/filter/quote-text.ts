/** A text as a filter writes it: JSON's escapes are CEL's, but for half a character, which stands for no character either. */
export function quoteText(text: string): string {
  return JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd'))
}
