import type { Alert, Severity } from '../../engine/alert.js'
import { printable } from '../../filter/source-text.js'
import { isObject } from '../../filter/value.js'

/** What all receivers get: an alert as JSON, of which `event` and `values` are there when the rule took them along. */
export function webhookBody(id: string, alert: Alert): string {
  const { Event: event, Values: values } = parsed(alert.value)
  return JSON.stringify({
    id,
    timestamp: isoTime(alert.timestampMs),
    topic: alert.topic,
    rule: alert.ruleId,
    source: alert.source,
    severity: alert.severity,
    title: alert.title,
    body: alert.body,
    count: alert.count,
    first: isoTime(alert.firstMs),
    last: isoTime(alert.lastMs),
    summary: alert.isSummary,
    key: alert.key,
    event,
    values
  })
}

const NTFY_PRIORITY: Readonly<Record<Severity, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 }
/** Names of emojis that ntfy shows before the title. */
const NTFY_EMOJI: Partial<Readonly<Record<Severity, string>>> = { high: 'warning', critical: 'rotating_light' }
/** ntfy makes an attachment of longer messages. */
const NTFY_MESSAGE_BYTES = 4000
/** ntfy refuses longer bodies. */
const NTFY_BODY_BYTES = 8000

/** As ntfy takes it at its root. */
export function ntfyBody(topic: string, alert: Alert): string {
  const emoji = NTFY_EMOJI[alert.severity]
  const tags = [...(emoji === undefined ? [] : [emoji]), alert.severity, cut(oneLine(alert.ruleId), 100)]
  const title = cut(oneLine(alert.title), 250)
  for (let bytes = NTFY_MESSAGE_BYTES; ; bytes = Math.floor(bytes / 2)) {
    // ntfy writes "triggered" for an empty message.
    const message = cutBytes(shown(alert.body), bytes) || title
    const body = JSON.stringify({ topic, title, message, priority: NTFY_PRIORITY[alert.severity], tags })
    if (Buffer.byteLength(body) <= NTFY_BODY_BYTES || bytes === 0) return body
  }
}

const SLACK_COLOR: Readonly<Record<Severity, string>> = {
  info: '#9aa0a6',
  low: '#3b82f6',
  medium: '#eab308',
  high: '#f97316',
  critical: '#dc2626'
}

/** As incoming webhooks of Slack take it, and Mattermost, and Discord under `/slack`. */
export function slackBody(alert: Alert): string {
  const key = Object.entries(alert.key).map(([name, value]) => ({ title: name, value: String(value), short: true }))
  const fields = [
    { title: 'Severity', value: alert.severity, short: true },
    { title: 'Rule', value: alert.ruleId, short: true },
    ...(alert.count > 1 ? [{ title: 'Count', value: String(alert.count), short: true }] : []),
    ...key.slice(0, 10)
  ]
  const title = slackText(alert.title, 300)
  return JSON.stringify({
    text: title,
    // What packets say is no markup.
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [
      {
        fallback: title,
        color: SLACK_COLOR[alert.severity],
        text: slackText(alert.body, 3000),
        fields: fields.map(field => ({
          ...field,
          title: slackText(field.title, 100),
          value: slackText(field.value, 300)
        })),
        footer: slackText(alert.topic, 200),
        ts: Math.floor(alert.timestampMs / 1000),
        mrkdwn_in: []
      }
    ]
  })
}

const SLACK_ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** What Mattermost and Discord wake everybody with. */
const MENTION_ALL = /@(?=(?:all|channel|everyone|here)\b)/gi
/** In Markdown, which Mattermost and Discord take for markup: a link that shows as something else, or an image. */
const MARKDOWN_LINK = /\](?=[([])/g

function slackText(text: string, maxCharacters: number): string {
  return cut(shown(text), maxCharacters)
    .replace(/[&<>]/g, character => SLACK_ENTITY[character] ?? character)
    .replace(MENTION_ALL, '@\u200b')
    .replace(MARKDOWN_LINK, ']\u200b')
}

/** A text that strangers had a hand in, without what reorders or hides text on a screen; lines stay. */
function shown(text: string): string {
  return text
    .split('\n')
    .map(line => printable(line))
    .join('\n')
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' '))
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  return `${wholeCharacters(text.slice(0, maxCharacters - 1))}…`
}

function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  const start = Buffer.from(text).subarray(0, Math.max(0, maxBytes - 3))
  // What is left of a character cut in two becomes U+FFFD, at most three of them.
  return `${start.toString().replace(/\ufffd{1,3}$/, '')}…`
}

/** Without the first half of a character that was cut in two. */
function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
}

function isoTime(epochMs: number): string | undefined {
  const time = new Date(epochMs)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

function parsed(value: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(value)
    return isObject(json) ? json : {}
  } catch {
    return {}
  }
}
