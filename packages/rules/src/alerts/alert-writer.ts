import type { Alert, Severity } from '../engine/alert.js'
import { MAX_EVENT_CHARACTERS } from '../engine/alert.js'
import { isObject } from '../filter/value.js'
import type { AlertAction, AlertEntry } from './entry.js'
import { renderTemplate } from './template.js'

/** How much SPR's kinds of message matter. */
const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['info', 'info'],
  ['success', 'info'],
  ['confirm', 'info'],
  ['warning', 'medium'],
  ['error', 'high'],
  ['danger', 'high']
])

/** How much an alert matters, by the kind of message that SPR's clients show for it. */
export function severityOf({ NotificationType }: AlertAction): Severity {
  return SEVERITIES.get(NotificationType) ?? 'medium'
}

/** Writes the alerts about one event. */
export class AlertWriter {
  readonly #topic: string
  readonly #event: unknown
  readonly #nowMs: number
  #eventJson: string | undefined

  constructor(topic: string, event: unknown, nowMs: number) {
    this.#topic = topic
    this.#event = event
    this.#nowMs = nowMs
  }

  /** One for each action that sends or stores. */
  alertsOf(entry: AlertEntry, ruleId: string, values: readonly unknown[]): Alert[] {
    return entry.Actions.filter(action => action.SendNotification || action.StoreAlert).map(action => {
      const title = renderTemplate(action.MessageTitle, this.#event)
      return {
        topic: `alert:${this.#topic}:${action.BucketSuffix}`,
        value: this.#value(entry.RuleId, action, values),
        source: 'alerts',
        ruleId,
        severity: severityOf(action),
        title: title === '' ? entry.Name : title,
        body: renderTemplate(action.MessageBody, this.#event),
        timestampMs: this.#nowMs,
        count: 1,
        firstMs: this.#nowMs,
        lastMs: this.#nowMs,
        isSummary: false,
        key: {},
        actions: [...(action.StoreAlert ? ['bus'] : []), ...(action.SendNotification ? ['websocket'] : [])]
      }
    })
  }

  /** In the order of keys in which Go writes a map; templates as they are, for the client fills them in. */
  #value(ruleId: string, action: AlertAction, values: readonly unknown[]): string {
    const fields: (readonly [string, string | undefined])[] = [
      ['Body', action.MessageBody === '' ? undefined : JSON.stringify(action.MessageBody)],
      ['Event', action.GrabEvent ? this.#grabbed(action.GrabFields) : undefined],
      ['NotificationType', action.NotificationType === '' ? undefined : JSON.stringify(action.NotificationType)],
      ['RuleId', JSON.stringify(ruleId)],
      ['State', '""'],
      ['Title', action.MessageTitle === '' ? undefined : JSON.stringify(action.MessageTitle)],
      ['Topic', JSON.stringify(this.#topic)],
      ['Values', action.GrabValues ? stringify(values) : undefined]
    ]
    return `{${fields.flatMap(([key, json]) => (json === undefined ? [] : `"${key}":${json}`)).join(',')}}`
  }

  #grabbed(keys: readonly string[]): string | undefined {
    const event = this.#event
    if (keys.length === 0) {
      this.#eventJson ??= stringify(event)
      return this.#eventJson
    }
    if (!isObject(event)) return '{}'
    return stringify(Object.fromEntries(keys.flatMap(key => (Object.hasOwn(event, key) ? [[key, event[key]]] : []))))
  }
}

/** Undefined for what is nested too deep to be written, or too long for readers: the alert goes out without it. */
function stringify(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value)
    return text.length > MAX_EVENT_CHARACTERS ? undefined : text
  } catch {
    return undefined
  }
}
