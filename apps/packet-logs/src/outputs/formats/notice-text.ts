import { hostname } from 'node:os'
import { safeText } from '@packet-logs/decoder'
import type { TextFormat } from '../output-config.js'
import type { SyslogSeverity } from '../syslog/priority.js'

/** Something other than a packet: an event of the bus, or a loss. */
export interface NoticeText {
  readonly text: string
  readonly severity: SyslogSeverity
}

/** Keys of an alert, see `Alert` of `@packet-logs/rules`; each may be missing. */
interface AlertValue {
  readonly RuleId?: unknown
  readonly Severity?: unknown
  readonly Title?: unknown
  readonly Body?: unknown
}

const severities: ReadonlyMap<unknown, { syslog: SyslogSeverity; eve: number }> = new Map([
  ['critical', { syslog: 'critical', eve: 1 }],
  ['high', { syslog: 'error', eve: 1 }],
  ['medium', { syslog: 'warning', eve: 2 }],
  ['low', { syslog: 'notice', eve: 3 }],
  ['info', { syslog: 'info', eve: 4 }]
])
const usual = { syslog: 'notice', eve: 3 } as const

/** An event other than a packet, in an output's format. */
export function eventText(format: TextFormat, topic: string, value: string, timeMs: number): NoticeText {
  const parsed = parse(value)
  const alert: AlertValue = typeof parsed === 'object' && parsed !== null ? parsed : {}
  const severity = severities.get(alert.Severity) ?? usual
  return { text: render(), severity: severity.syslog }

  function render(): string {
    switch (format) {
      case 'spr':
      case 'ulogd':
        return JSON.stringify({ Topic: topic, Value: parsed })
      case 'eve':
        return JSON.stringify({
          timestamp: eveTime(timeMs),
          event_type: 'alert',
          host: hostname(),
          alert: { signature: titleOf(alert, topic), category: topic, severity: severity.eve },
          packet_logs: { topic, value: parsed }
        })
      case 'summary': {
        const body = typeof alert.Body === 'string' && alert.Body !== '' ? `: ${alert.Body}` : ''
        return safeText(`${clockOf(timeMs)} alert   ${titleOf(alert, topic)}${body}`)
      }
    }
  }
}

/** Tells that events were lost between those before and those after. */
export function lossText(format: TextFormat, output: string, lost: number, timeMs: number): NoticeText {
  return { text: render(), severity: 'warning' }

  function render(): string {
    switch (format) {
      case 'spr':
      case 'ulogd':
        return JSON.stringify({ Topic: 'output:gap', Value: { output, lost } })
      case 'eve':
        return JSON.stringify({
          timestamp: eveTime(timeMs),
          event_type: 'stats',
          host: hostname(),
          stats: { output: { name: output, lost } }
        })
      case 'summary':
        return safeText(`${clockOf(timeMs)} lost    ${lost} events: ${output} could not be written fast enough`)
    }
  }
}

function titleOf({ Title, RuleId }: AlertValue, topic: string): string {
  for (const text of [Title, RuleId]) if (typeof text === 'string' && text !== '') return text
  return topic
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function eveTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '000+0000')
}

function clockOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 23)
}
