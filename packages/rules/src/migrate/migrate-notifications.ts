import type { NotificationEntry } from '../notifications/entry.js'
import { wantsEverything } from '../notifications/entry.js'
import type { NotificationFinding } from '../notifications/lint.js'
import { lintNotifications } from '../notifications/lint.js'
import { readNotifications } from '../notifications/read.js'
import type { MigrateOptions, Migration } from './migration.js'
import { RulesWriter } from './migration.js'
import { notificationFilter } from './notification-filter.js'

/** What SPR's page shows for a packet. */
const SHOWN = {
  title: 'Netfilter {{prefix}} {{action}}',
  message: '{{src.ip}} => {{dst.ip}}:{{dst.port}}',
  actions: ['websocket']
} as const

/**
 * Makes a `rules.yaml` of a `notifications.json`: a rule for each entry, in its order.
 * @throws RuleError `RULE_INVALID` when the file cannot be read
 */
export function migrateNotifications(text: string, options: MigrateOptions = {}): Migration {
  const { file = 'notifications.json', reading = 'strict' } = options
  const { entries, lines } = readNotifications(text, file)
  const findings = findingsByEntry(text, file)
  const writer = new RulesWriter(file, [
    `Made from ${file}: ${reading === 'spr' ? 'exactly what SPR makes of it' : 'what its entries are meant to say'}.`,
    'A packet that meets several rules is told of by each of them; SPR tells once.'
  ])
  for (const [index, entry] of entries.entries()) {
    writeEntry(writer, { entry, index, line: lines[index], reading, findings: findings.get(index) ?? [] })
  }
  return writer.finish()
}

function findingsByEntry(text: string, file: string): ReadonlyMap<number, readonly NotificationFinding[]> {
  const byEntry = new Map<number, NotificationFinding[]>()
  for (const finding of lintNotifications(text, file).findings) {
    const others = byEntry.get(finding.entry)
    if (others === undefined) byEntry.set(finding.entry, [finding])
    else others.push(finding)
  }
  return byEntry
}

interface NumberedEntry {
  readonly entry: NotificationEntry
  readonly index: number
  readonly line: number | undefined
  readonly reading: 'strict' | 'spr'
  readonly findings: readonly NotificationFinding[]
}

function writeEntry(writer: RulesWriter, { entry, index, line, reading, findings }: NumberedEntry): void {
  writer.comment(`Entry [${index}]${line === undefined ? '' : `, line ${line}`}.`)
  for (const { path, message } of findings) writer.comment(`${path} ${message}.`)
  const isEverything = wantsEverything(entry) && (reading === 'spr' || isWithoutConditions(entry))
  if (isEverything) {
    const problem = 'has every event of the bus passed on, which no rule does; who wants all events subscribes to them'
    writer.lose(line, `[${index}]`, problem)
    writer.comment(`Left out: ${problem}.`)
    return
  }
  const when = notificationFilter({ ...entry, Notification: true }, reading)
  if (when === undefined) {
    writer.comment('Left out: no packet can match it.')
    return
  }
  const isOff = entry.Notification ? {} : { enabled: false }
  const problem = writer.rule({ id: `notification-${index}`, when, ...SHOWN, ...isOff })
  if (problem !== undefined) {
    writer.lose(line, `[${index}]`, problem)
    writer.comment(`Left out: ${problem}.`)
  }
}

function isWithoutConditions({ Conditions }: NotificationEntry): boolean {
  return Object.values(Conditions).every(value => value === '' || value === 0)
}
