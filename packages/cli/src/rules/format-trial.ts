import { safeText } from '@packet-logs/decoder'
import type { Alert, Notice } from '@packet-logs/rules'
import type { Colors } from 'picocolors/types.js'
import { formatDuration } from './duration.js'
import { count } from './format-report.js'
import type { RuleOutcome } from './trial-report.js'
import type { TryRulesProgress } from './try-rules.js'
import type { WhyNotCondition, WhyNotReport } from './why-not.js'

/** One alert as one line. */
export function formatAlert(alert: Alert, { bold, dim, red, yellow }: Colors): string {
  const { timestampMs, ruleId, severity, key, title, isSummary } = alert
  const paint = severity === 'high' || severity === 'critical' ? red : severity === 'medium' ? yellow : dim
  const keys = Object.entries(key).map(([name, value]) => `${name}=${value}`)
  return [
    dim(isoTime(timestampMs)),
    paint(severity.padEnd(8)),
    bold(safeText(ruleId)),
    `×${alert.count}${isSummary ? ' in summary' : ''}`,
    ...(keys.length === 0 ? [] : [dim(safeText(keys.join(' ')))]),
    safeText(title)
  ].join(' ')
}

/** A message that SPR's page would show, as one line. */
export function formatNotice(entry: number, { topic }: Notice, timestampMs: number, { bold, dim }: Colors): string {
  return `${dim(isoTime(timestampMs))} message  ${bold(`[${entry}]`)} ${safeText(topic)}`
}

/** What the recording held. */
export function formatRecording(progress: TryRulesProgress): string {
  const { packets, events, skipped, firstSkipped } = progress
  const parts = [
    ...(packets > 0 || events === 0 ? [count(packets, 'packet')] : []),
    ...(events > 0 ? [count(events, 'event')] : []),
    ...(skipped > 0 ? [`${skipped} skipped (${safeText(firstSkipped ?? '')})`] : [])
  ]
  return `${parts.join(', ')}${packets + events === 0 ? '' : `; ${formatSpan(progress)}`}`
}

function formatSpan({ firstMs, lastMs, withoutTime }: TryRulesProgress): string {
  if (firstMs === undefined || lastMs === undefined) return 'none says when it happened: all count as of one moment'
  const others = withoutTime === 0 ? '' : `, ${withoutTime} of them without a time`
  return `${isoTime(firstMs)} to ${isoTime(lastMs)}${others}`
}

/** What became of a rule, and why not more. */
export function formatOutcome(rule: RuleOutcome, colors: Colors): string[] {
  const { hits, fired, isEnabled, whyNot } = rule
  const name = colors.bold(safeText(rule.source === 'notifications' ? `[${rule.id}]` : rule.id))
  if (!isEnabled) return [`${colors.dim('off   ')} ${name}: it is switched off`]
  if (fired > 0) return [`${colors.green('fired ')} ${name}: ${[timesFired(rule), ...heldBack(rule)].join('; ')}`]
  const seen = whyNot === undefined ? '' : `saw ${whyNot.seen}, `
  const reasons = [`${seen}matched ${hits}`, ...threshold(rule), ...heldBack(rule)]
  return [
    `${colors.yellow('silent')} ${name}: ${reasons.join('; ')}`,
    ...(whyNot === undefined ? [] : formatWhyNot(whyNot, hits).map(line => `         ${line}`))
  ]
}

function timesFired({ fired, hits, suppressed, source }: RuleOutcome): string {
  const what = source === 'notifications' ? 'message' : 'alert'
  const dry = suppressed.dryRun === 0 ? '' : ` (dry run: ${suppressed.dryRun} only counted)`
  return `${count(fired, what)} of ${count(hits, 'match').replace(/hs$/, 'hes')}${dry}`
}

function heldBack({ suppressed }: RuleOutcome): string[] {
  const reasons = [
    ['the cooldown', suppressed.cooldown],
    ['the aggregation', suppressed.aggregate],
    ['the snooze', suppressed.snooze],
    ['the limit of alerts in a minute', suppressed.flood]
  ] as const
  return reasons.flatMap(([by, number]) => (number === 0 ? [] : [`${number} held back by ${by}`]))
}

function threshold({ wanted, reached = 0, withinMs, hits }: RuleOutcome): string[] {
  if (wanted === undefined || hits === 0) return []
  const within = withinMs === undefined ? '' : ` within ${formatDuration(withinMs)}`
  return [`came to ${reached} of ${wanted}${within} at most`]
}

function formatWhyNot({ seen, examined, conditions }: WhyNotReport, hits: number): string[] {
  if (seen === 0) return ['nothing came on its topics']
  if (hits > 0) return []
  const failing = conditions.filter(({ failed }) => failed > 0)
  const most = Math.max(...failing.map(({ failed }) => failed))
  const sample = examined < seen ? [`(looked at ${examined} of them)`] : []
  return [
    ...sample,
    ...failing.map(condition => formatFailure(condition, condition.failed === most && failing.length > 1))
  ]
}

function formatFailure({ source, asked, failed, saw }: WhyNotCondition, isMost: boolean): string {
  const values = saw.map(({ value, count: times }) => `${value} (${times}×)`)
  const most = isMost ? ', the most' : ''
  return safeText(`${source} failed ${failed} of ${asked} times${most}; saw ${values.join(', ')}`)
}

/** Before the first event that says when it happened, no time is known. */
function isoTime(ms: number): string {
  return ms === 0 ? 'no time' : new Date(ms).toISOString()
}
