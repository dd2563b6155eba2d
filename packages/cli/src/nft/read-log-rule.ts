import { checkLogRule, type DeviceMatch, type LogRule, toRuleBody } from './log-rule.js'
import { asObject, canonical, isList, type Json, logOf, type RuleBody, type Statement } from './ruleset.js'

/** The log rule that a rule in the kernel was made from; `undefined` when it was not, or says more than that by now. */
export function readLogRule(body: RuleBody, hook: LogRule['hook']): LogRule | undefined {
  const rule: LogRule = { hook, prefix: '', group: 0 }
  for (const statement of body.expr) readStatement(statement, rule)
  try {
    checkLogRule(rule)
  } catch {
    return undefined
  }
  // The proof that nothing was overlooked: made again, it is the same.
  return canonical(toRuleBody(rule)) === canonical(body) ? rule : undefined
}

function readStatement(statement: Statement, rule: LogRule): void {
  const log = logOf(statement)
  if (log) {
    if (typeof log['prefix'] === 'string') rule.prefix = log['prefix']
    if (typeof log['group'] === 'number') rule.group = log['group']
    if (typeof log['snaplen'] === 'number') rule.snaplen = log['snaplen']
    if (typeof log['queue-threshold'] === 'number') rule.queueThreshold = log['queue-threshold']
  }
  const limit = asObject(statement['limit'])
  if (limit) readLimit(limit, rule)
  const match = asObject(statement['match'])
  const key = asObject(asObject(match?.['left'])?.['meta'])?.['key']
  const right = match?.['right']
  const op = match?.['op'] === '!=' ? '!=' : '=='
  if (key === 'nfproto') rule.family = right === 'ipv6' ? 'ip6' : 'ip'
  if (key === 'iifname') rule.inDevice = readDevices(op, right)
  if (key === 'oifname') rule.outDevice = readDevices(op, right)
}

function readLimit(limit: Readonly<Record<string, Json>>, rule: LogRule): void {
  const { rate, per, burst } = limit
  if (typeof rate !== 'number' || typeof burst !== 'number') return
  if (per === 'second' || per === 'minute' || per === 'hour' || per === 'day') rule.limit = { rate, per, burst }
}

function readDevices(op: DeviceMatch['op'], right: Json | undefined): DeviceMatch {
  const members = asObject(right)?.['set'] ?? right
  const names = (isList(members) ? members : [members]).filter(name => typeof name === 'string')
  return { op, names }
}
