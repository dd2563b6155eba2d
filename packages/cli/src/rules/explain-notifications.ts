import { lintNotifications, notificationFilter, parseNotifications } from '@packet-logs/rules'
import type { RuleExplanation, RuleReading } from './explain-rule-file.js'
import { emptyReading, filterReading } from './filter-reading.js'
import { notesByEntry } from './notes.js'
import type { RuleFile } from './rule-file.js'

/** What SPR makes of each entry, and what was most likely meant. */
export function explainNotifications({ name, text }: RuleFile): readonly RuleExplanation[] {
  const entries = parseNotifications(text, name)
  const { findings, lines } = lintNotifications(text, name)
  const notes = notesByEntry(findings)
  return entries.map((entry, index): RuleExplanation => {
    const line = lines[index]
    const says = entry.Notification
      ? 'Shows a message on the page of SPR for each packet that matches, unless an earlier entry has done so.'
      : 'Shows nothing: Notification is false.'
    return {
      id: `[${index}]`,
      ...(line !== undefined && { line }),
      says: [says],
      readings: [
        reading('spr', notificationFilter(entry, 'spr')),
        reading('meant', notificationFilter(entry, 'strict'))
      ],
      notes: notes.get(index) ?? []
    }
  })
}

function reading(name: 'spr' | 'meant', filter: string | undefined): RuleReading {
  return filter === undefined ? emptyReading(name, 'nothing matches') : filterReading(name, filter, ['nft:'])
}
