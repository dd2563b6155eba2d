import { formatPacketInfo } from '@packet-logs/decoder'
import {
  type AlertAction,
  type AlertEntry,
  createAlerts,
  explainFilter,
  lintAlerts,
  parseAlerts
} from '@packet-logs/rules'
import { alertId, findAlertFilter } from './alert-entries.js'
import type { ExaminedCondition, RuleExplanation, RuleReading } from './explain-rule-file.js'
import { emptyReading, filterReading, topicCondition } from './filter-reading.js'
import { notesByEntry } from './notes.js'
import type { Subject } from './recorded.js'
import type { RuleFile } from './rule-file.js'

/** What SPR makes of each entry of alerts.json, and what was most likely meant. */
export function explainAlerts({ name, text }: RuleFile): readonly RuleExplanation[] {
  const { findings, lines } = lintAlerts(text, { file: name })
  const notes = notesByEntry(findings)
  return parseAlerts(text, { file: name }).map((entry, index) => {
    const line = lines[index]
    const meant = findAlertFilter(entry, 'strict')
    const topics = [entry.TopicPrefix]
    return {
      id: alertId(entry),
      ...(line !== undefined && { line }),
      says: sentences(entry),
      readings: [
        sprReading(entry),
        meant.filter === undefined
          ? emptyReading('meant', 'no filter says it')
          : filterReading('meant', meant.filter, topics)
      ],
      notes: [
        ...(notes.get(index) ?? []),
        ...(meant.reason === undefined ? [] : [`cannot be written in rules.yaml: ${meant.reason}`])
      ]
    }
  })
}

function sentences(entry: AlertEntry): string[] {
  return [
    `${entry.Name}: looks at events whose topics begin with ${entry.TopicPrefix}.`,
    ...entry.Actions.map(action => `Raises alert:<topic>:${action.BucketSuffix}, ${receivers(action)}.`),
    ...(entry.Disabled ? ['Is switched off.'] : [])
  ]
}

function receivers({ SendNotification, StoreAlert }: AlertAction): string {
  if (SendNotification && StoreAlert) return 'shown to those who watch and put on the bus'
  if (SendNotification) return 'shown to those who watch'
  return StoreAlert ? 'put on the bus' : 'which nobody hears of'
}

/** As SPR evaluates it, condition by condition. */
function sprReading(entry: AlertEntry): RuleReading {
  const { Conditions, InvertRule, MatchAnyOne, TopicPrefix } = entry
  const { filter } = findAlertFilter(entry, 'spr')
  const parts = Conditions.map(({ JPath }) => JPath).join(MatchAnyOne ? ' or ' : ' and ')
  const plain = Conditions.length === 0 ? 'always' : `${parts} finds something`
  const words = filter === undefined ? plain : explainFilter(filter).meaning
  return {
    name: 'spr',
    meaning: InvertRule && Conditions.length > 0 && filter === undefined ? `not: ${plain}` : words,
    ...(filter !== undefined && { filter }),
    examine: subject => {
      const topic = topicCondition([TopicPrefix], subject)
      const conditions = Conditions.map(({ JPath }): ExaminedCondition => {
        const found = valuesOf({ ...entry, Conditions: [{ JPath }], InvertRule: false }, subject)
        return { source: JPath, meaning: JPath, isMet: found !== undefined, seen: found ?? {}, absent: [] }
      })
      const inverted: ExaminedCondition[] = InvertRule
        ? [{ source: 'InvertRule', meaning: 'the contrary counts', isMet: true, seen: {}, absent: [] }]
        : []
      return {
        matches: topic === undefined && valuesOf(entry, subject) !== undefined,
        conditions: [...(topic === undefined ? [] : [topic]), ...conditions, ...inverted]
      }
    }
  }
}

const tellingAction = { SendNotification: true, StoreAlert: false, GrabEvent: false, GrabValues: true } as const

/** What an entry finds in an event; undefined when it is not satisfied. */
function valuesOf(entry: AlertEntry, subject: Subject): Record<string, unknown> | undefined {
  const [first] = entry.Actions
  if (first === undefined) return undefined
  const alerts = createAlerts([{ ...entry, Disabled: false, Actions: [{ ...first, ...tellingAction }] }])
  let found: Record<string, unknown> | undefined
  const text = subject.kind === 'packet' ? (formatPacketInfo(subject.logged) ?? '') : subject.event.value
  alerts.evaluate({ topic: subject.topic, json: () => parseJson(text) }, 0, ({ value }) => {
    const { Values } = JSON.parse(value) as { Values?: unknown }
    found = Values === undefined ? {} : { found: Values }
  })
  return found
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
