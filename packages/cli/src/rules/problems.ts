import { safeText } from '@packet-logs/decoder'
import type { RuleProblem } from '@packet-logs/rules'

/** `file:line: path: message`, as compilers say it; a filter's problem shows the place under it. */
export function formatProblem({ file, line, path, message }: RuleProblem): string {
  const [first = '', ...others] = message.trimEnd().split('\n')
  const where = line === undefined ? file : `${file}:${line}`
  return [`${where}: ${path === '' ? '' : `${path} `}${first}`, ...others].map(safeText).join('\n')
}
