import { describe, expect, it } from 'vitest'
import { eventText, lossText } from './notice-text.js'

const timeMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const topic = 'alert:nft:drop:input:scan'
const value = {
  Topic: 'nft:drop:input',
  RuleId: 'scan',
  Title: 'Scan\u001b[2J',
  Body: 'from 1.2.3.4',
  Severity: 'high'
}

describe('an event other than a packet', () => {
  it.each(['spr', 'ulogd'] as const)('is a topic and a parsed value in format %s', format => {
    expect(eventText(format, topic, JSON.stringify(value), timeMs)).toEqual({
      text: JSON.stringify({ Topic: topic, Value: value }),
      severity: 'error'
    })
    expect(eventText(format, 'log:api', 'two\nlines', timeMs).text).toBe('{"Topic":"log:api","Value":"two\\nlines"}')
  })

  it('is an alert of EVE, and whole beside it', () => {
    expect(JSON.parse(eventText('eve', topic, JSON.stringify(value), timeMs).text)).toMatchObject({
      timestamp: '2026-01-02T03:04:05.678000+0000',
      event_type: 'alert',
      alert: { signature: value.Title, category: topic, severity: 1 },
      packet_logs: { topic, value }
    })
  })

  it('is a line for people that does nothing to a terminal', () => {
    expect(eventText('summary', topic, JSON.stringify(value), timeMs).text).toBe(
      '03:04:05.678 alert   Scan\\x1b[2J: from 1.2.3.4'
    )
    expect(eventText('summary', 'log:api', '17', timeMs)).toEqual({
      text: '03:04:05.678 alert   log:api',
      severity: 'notice'
    })
  })
})

describe('a loss', () => {
  it('is told in every format', () => {
    const text = (format: 'spr' | 'eve' | 'summary'): string => lossText(format, 'siem', 17, timeMs).text
    expect(text('spr')).toBe('{"Topic":"output:gap","Value":{"output":"siem","lost":17}}')
    expect(JSON.parse(text('eve'))).toMatchObject({
      event_type: 'stats',
      stats: { output: { name: 'siem', lost: 17 } }
    })
    expect(text('summary')).toBe('03:04:05.678 lost    17 events: siem could not be written fast enough')
  })
})
