const STAR = 0x2a
const QUESTION = 0x3f

/** Whether all of `text` fits `pattern`: `*` stands for any run of characters, dots included, `?` for any one. */
export function fitsGlob(text: string, pattern: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    const code = inPattern < pattern.length ? pattern.charCodeAt(inPattern) : -1
    if (code === STAR) {
      star = inPattern++
      resume = at
    } else if (code === QUESTION || code === text.charCodeAt(at)) {
      at++
      inPattern++
    } else if (star >= 0) {
      // Only the last star ever has to take one more: what an earlier one could give, it can as well.
      inPattern = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (inPattern < pattern.length && pattern.charCodeAt(inPattern) === STAR) inPattern++
  return inPattern === pattern.length
}
