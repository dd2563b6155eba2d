import { safeText } from '@packet-logs/decoder'
import type { Colors } from 'picocolors/types.js'
import type { CheckReport, RuleFileSummary } from './check-rule-file.js'
import { formatProblem } from './problems.js'

/** Of a long list the rest is only counted. */
const maxNames = 10

/** A report as people read it: problems, warnings, then what the file holds. */
export function formatReport({ file, kind, problems, warnings, summary }: CheckReport, colors: Colors): string {
  const as = kind === undefined ? '' : ` as ${fileNames[kind]}`
  const lines = [
    ...problems.map(problem => `${colors.red('problem')} ${formatProblem(problem)}`),
    ...warnings.map(warning => `${colors.yellow('warning')} ${formatProblem(warning)}`),
    summary === undefined
      ? `${colors.red('bad')}     ${file}: ${count(problems.length, 'problem')}; it does not load${as}`
      : `${colors.green('ok')}      ${file}: ${formatHolding(summary)},${as}`,
    ...(summary === undefined ? [] : formatDetails(summary).map(line => `        ${line}`))
  ]
  return lines.map(line => `${line}\n`).join('')
}

const fileNames = { notifications: 'notifications.json', alerts: 'alerts.json', rules: 'rules.yaml' } as const

function formatHolding({ rules, onPackets, onEvents, topics }: RuleFileSummary): string {
  const parts = [
    ...(onPackets > 0 ? [`${onPackets} on packets`] : []),
    ...(onEvents > 0 ? [`${onEvents} on events (${names(topics.map(topic => topic || 'everything'))})`] : [])
  ]
  const where = parts.length === 0 ? '' : `, ${parts.join(', ')}`
  return `${count(rules, 'rule')}${where}`
}

function formatDetails({ actions, triedOnEachPacket, dryRun, disabled, snoozed }: RuleFileSummary): string[] {
  const list = (what: string, ids: readonly string[]): string[] => {
    return ids.length === 0 ? [] : [`${what}: ${names(ids)}`]
  }
  const goesTo = actions.map(({ name, type, rules }) => `${name}${type === name ? '' : ` (${type})`} ${rules}`)
  return [
    ...list('actions, and how many rules use them', goesTo),
    ...list('cannot be looked up, and are tried on each packet', triedOnEachPacket),
    ...list('dry run', dryRun),
    ...list('switched off', disabled),
    ...list(
      'snoozed',
      snoozed.map(({ id, untilMs }) => `${id} until ${new Date(untilMs).toISOString()}`)
    )
  ]
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, maxNames).join(', ')
  return safeText(all.length > maxNames ? `${shown} and ${all.length - maxNames} more` : shown)
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
