import { RE2JS } from 're2js'
import { MAX_PATTERN_INSTRUCTIONS } from './limits.js'

/** A regular expression whose time grows with the text and not faster. */
export interface Pattern {
  readonly source: string
  /** Instructions it was compiled to: the most that a character of text can cost. */
  readonly instructions: number
  /** Whether any part of the text fits. */
  find(text: string): boolean
}

/** Instructions can be many times the characters: `(a{1,9}){1,9}`. */
export class CostlyPatternError extends Error {}

/**
 * Compiles RE2's syntax, which has no look-around and no back-references.
 * @throws CostlyPatternError when it has too many instructions; Error that says what is wrong, in RE2's words
 */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source)
  const instructions = compiled.programSize()
  if (instructions > MAX_PATTERN_INSTRUCTIONS) {
    const problem = `a character may cost ${MAX_PATTERN_INSTRUCTIONS} steps, here it costs ${instructions}`
    throw new CostlyPatternError(problem)
  }
  return { source, instructions, find: text => compiled.test(text) }
}
