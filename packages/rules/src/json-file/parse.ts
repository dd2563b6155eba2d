import type { RuleProblem } from '../errors.js'
import { RuleError } from '../errors.js'
import { printable } from '../filter/source-text.js'
import { lineAt } from './places.js'

/** Longest file that is read, in characters. */
const MAX_FILE_CHARACTERS: number = 4 * 1024 * 1024
/** Problems that a message spells out. */
const MAX_SPELLED = 50

/** @throws RuleError `RULE_INVALID` that says where the text stops being JSON */
export function parseJsonFile(text: string, file: string): unknown {
  if (text.length > MAX_FILE_CHARACTERS) {
    throw invalidFile([{ file, path: '', message: `is longer than ${MAX_FILE_CHARACTERS} characters` }])
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const position = /position (\d+)/.exec(reason)?.[1]
    const line = lineAt(text, position === undefined ? text.length : Number(position))
    throw invalidFile([{ file, line, path: '', message: `is not JSON: ${printable(reason).slice(0, 200)}` }], cause)
  }
}

/** An error with a line for each problem. */
export function invalidFile(problems: readonly RuleProblem[], cause?: unknown): RuleError {
  const lines = problems.slice(0, MAX_SPELLED).map(({ file, line, path, message }) => {
    const where = line === undefined ? file : `${file}:${line}`
    const [first = '', ...more] = `${where}: ${path === '' ? 'the whole file' : path} ${message}`.split('\n')
    return [printable(first), ...more].join('\n')
  })
  if (problems.length > MAX_SPELLED) lines.push(`and ${problems.length - MAX_SPELLED} more`)
  return new RuleError('RULE_INVALID', lines.join('\n'), { problems, ...(cause === undefined ? {} : { cause }) })
}
