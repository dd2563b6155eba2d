import {
  createAlerts,
  lintAlerts,
  lintNotifications,
  parseAlerts,
  parseNotifications,
  RuleError,
  type RuleProblem
} from '@packet-logs/rules'
import { alertId } from './alert-entries.js'
import { checkRules } from './check-rules.js'
import type { RuleFile, RuleFileKind } from './rule-file.js'

/** What is to be said about a rule file. */
export interface CheckReport {
  readonly file: string
  /** Absent when it cannot be read. */
  readonly kind?: RuleFileKind
  /** Why it does not load; empty when it does. */
  readonly problems: readonly RuleProblem[]
  /** What loads, and is most likely not what was meant. */
  readonly warnings: readonly RuleProblem[]
  /** Absent when it does not load. */
  readonly summary?: RuleFileSummary
}

/** What a rule file holds. */
export interface RuleFileSummary {
  readonly rules: number
  /** Of these, how many look at packets, and at events of other programs. */
  readonly onPackets: number
  readonly onEvents: number
  /** Beginnings of the topics of other programs' events. */
  readonly topics: readonly string[]
  /** What alerts go to, and how many rules use it. */
  readonly actions: readonly { readonly name: string; readonly type: string; readonly rules: number }[]
  /** Rules without a condition by which they could be looked up: they are tried on each packet. */
  readonly triedOnEachPacket: readonly string[]
  readonly dryRun: readonly string[]
  readonly disabled: readonly string[]
  readonly snoozed: readonly { readonly id: string; readonly untilMs: number }[]
}

/** Loads a rule file as the service would, and looks at it more closely. */
export function checkRuleFile(file: RuleFile, nowMs: number): CheckReport {
  const { name, kind } = file
  try {
    return { file: name, kind, problems: [], ...checkers[kind](file, nowMs) }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const problems = error.problems.length > 0 ? error.problems : [{ file: name, path: '', message: error.message }]
    return { file: name, kind, problems, warnings: [] }
  }
}

/** What is to be said about a file that cannot even be read. */
export function unreadableReport(file: string, error: unknown): CheckReport {
  const message = error instanceof Error ? error.message : String(error)
  return { file, problems: [{ file, path: '', message }], warnings: [] }
}

type Checker = (file: RuleFile, nowMs: number) => { warnings: readonly RuleProblem[]; summary: RuleFileSummary }

const checkers: Readonly<Record<RuleFileKind, Checker>> = {
  notifications: checkNotifications,
  alerts: checkAlerts,
  rules: checkRules
}

function checkNotifications({ name, text }: RuleFile): ReturnType<Checker> {
  const entries = parseNotifications(text, name)
  const { findings } = lintNotifications(text, name)
  const disabled = entries.flatMap(({ Notification }, index) => (Notification ? [] : [`[${index}]`]))
  return {
    warnings: findings.map(({ line, path, message }) => ({ file: name, line, path, message })),
    summary: {
      rules: entries.length,
      onPackets: entries.length,
      onEvents: 0,
      topics: [],
      actions: [{ name: 'websocket', type: 'websocket', rules: entries.length - disabled.length }],
      // SPR's matcher looks entries up by prefix first, and every packet has one.
      triedOnEachPacket: [],
      dryRun: [],
      disabled,
      snoozed: []
    }
  }
}

function checkAlerts({ name, text }: RuleFile): ReturnType<Checker> {
  const entries = parseAlerts(text, { file: name })
  createAlerts(entries, { file: name })
  const looksAtPackets = (topic: string): boolean => topic.startsWith('nft:') || 'nft:'.startsWith(topic)
  const others = entries.map(({ TopicPrefix }) => TopicPrefix).filter(topic => !topic.startsWith('nft:'))
  const actionCount = (key: 'StoreAlert' | 'SendNotification'): number => {
    return entries.filter(({ Actions }) => Actions.some(action => action[key])).length
  }
  const actions = [
    { name: 'bus', type: 'bus', rules: actionCount('StoreAlert') },
    { name: 'websocket', type: 'websocket', rules: actionCount('SendNotification') }
  ]
  return {
    warnings: lintAlerts(text, { file: name }).findings.map(({ line, path, message }) => ({
      file: name,
      line,
      path,
      message
    })),
    summary: {
      rules: entries.length,
      onPackets: entries.filter(({ TopicPrefix }) => looksAtPackets(TopicPrefix)).length,
      onEvents: others.length,
      topics: [...new Set(others)],
      actions: actions.filter(({ rules }) => rules > 0),
      // The JSON of every packet on their topics is made for them, whatever their conditions are.
      triedOnEachPacket: [],
      dryRun: [],
      disabled: entries.filter(({ Disabled }) => Disabled).map(alertId),
      snoozed: []
    }
  }
}
