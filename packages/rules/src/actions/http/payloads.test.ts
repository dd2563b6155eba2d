import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAlert } from '../../../test/support/alert.js'
import type { Alert } from '../../engine/alert.js'
import { ntfyBody, slackBody, webhookBody } from './payloads.js'

interface SlackMessage {
  text: string
  attachments: { text: string; color: string; fields: { title: string; value: string }[] }[]
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 5000 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', '"', '\\', '\0', '<', '&', '@here', ']', '(', '\ud83d', '\u202e', 'é', '😀')
  })
)
const alerts: fc.Arbitrary<Alert> = fc
  .record({
    topic: text,
    value: fc.oneof(fc.json(), text),
    ruleId: text,
    severity: fc.constantFrom('info', 'low', 'medium', 'high', 'critical'),
    title: text,
    body: text,
    count: fc.nat(),
    timestampMs: fc.oneof(fc.nat(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e18)),
    key: fc.dictionary(fc.string(), fc.oneof(text, fc.double(), fc.boolean()))
  })
  .map(makeAlert)

describe('whatever an alert says, what is sent', () => {
  it('is JSON, of the size that receivers take', () => {
    fc.assert(
      fc.property(alerts, alert => {
        expect(JSON.parse(webhookBody('an-id', alert))).toMatchObject({ id: 'an-id', title: wellFormed(alert.title) })
        const ntfy = ntfyBody('a-topic', alert)
        expect(JSON.parse(ntfy)).toMatchObject({ topic: 'a-topic' })
        expect(Buffer.byteLength(ntfy)).toBeLessThanOrEqual(8000)
        const { text, attachments } = JSON.parse(slackBody(alert)) as SlackMessage
        const [attachment] = attachments
        for (const part of [text, attachment?.text ?? '', ...(attachment?.fields ?? []).map(field => field.value)]) {
          expect(part).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
          expect(part).not.toMatch(/@(?:all|channel|everyone|here)\b|\]\(/i)
        }
      }),
      { numRuns: 100 }
    )
  })
})

/** JSON as it comes back from the wire; the texts above may hold halves of characters. */
function wellFormed(text: string): unknown {
  return JSON.parse(JSON.stringify(text))
}

describe('a message for ntfy', () => {
  it('has a priority and tags by severity', () => {
    expect(JSON.parse(ntfyBody('alerts', makeAlert({ severity: 'critical', title: 'Überfall 🚨' })))).toEqual({
      topic: 'alerts',
      title: 'Überfall 🚨',
      message: '20 times from 192.0.2.7',
      priority: 5,
      tags: ['rotating_light', 'critical', 'ssh-scan']
    })
  })

  it('says its title where there is no text, and cuts a long one between characters', () => {
    expect(JSON.parse(ntfyBody('alerts', makeAlert({ body: '' })))).toMatchObject({ message: 'SSH scan' })
    const { message } = JSON.parse(ntfyBody('alerts', makeAlert({ body: '€'.repeat(3000) }))) as { message: string }
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4000)
    expect(message).toMatch(/^€{1332}…$/)
  })
})

describe('a message for Slack', () => {
  it('has what matters in its text, and the rest in an attachment', () => {
    expect(JSON.parse(slackBody(makeAlert({ title: 'a <b> & c', body: '<!channel> @here' })))).toEqual({
      text: 'a &lt;b&gt; &amp; c',
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
      attachments: [
        {
          fallback: 'a &lt;b&gt; &amp; c',
          color: '#f97316',
          text: '&lt;!channel&gt; @\u200bhere',
          fields: [
            { title: 'Severity', value: 'high', short: true },
            { title: 'Rule', value: 'ssh-scan', short: true },
            { title: 'Count', value: '20', short: true },
            { title: 'src.ip', value: '192.0.2.7', short: true }
          ],
          footer: 'alert:nft:drop:input:ssh-scan',
          ts: 1_700_000_000,
          mrkdwn_in: []
        }
      ]
    })
  })
})
