import { randomUUID } from 'node:crypto'
import {
  type AlertEntry,
  formatAlerts,
  formatNotifications,
  type NotificationEntry,
  parseAlerts,
  parseNotifications
} from '@packet-logs/rules'
import type { RuleFiles } from '@packet-logs/rules/files'
import { z } from 'zod'
import type { EditableList } from './editable-list.js'
import { named } from './schemas.js'

const text = z.string()
const port = z.int().meta({ description: '0: any.' })
const conditions = z
  .object({
    ...{ Prefix: text, Protocol: text, DstIP: text, DstPort: port },
    ...{ SrcIP: text, SrcPort: port, InDev: text, OutDev: text }
  })
  .meta({ description: 'An empty text asks nothing.' })

const notificationList = named(
  'NotificationList',
  z.array(named('NotificationEntry', z.object({ Conditions: conditions, Notification: z.boolean() })))
)
const notificationWish = named(
  'NotificationWish',
  z
    .object({ Conditions: conditions.partial(), Notification: z.boolean() })
    .partial()
    .meta({ description: 'Keys in any case; what is absent asks nothing.' })
)

const condition = z.object({ JPath: text.meta({ description: 'JSONPath over the list that holds the event alone.' }) })
const flag = z.boolean()
const action = z.object({
  ...{ SendNotification: flag, StoreAlert: flag, GrabEvent: flag, GrabValues: flag },
  ...{ BucketSuffix: text.optional(), MessageTitle: text.optional(), MessageBody: text.optional() },
  ...{ NotificationType: text.optional(), ActionType: text.optional(), GrabFields: z.array(text).optional() }
})
const alert = {
  ...{ TopicPrefix: text, MatchAnyOne: flag, InvertRule: flag, Conditions: z.array(condition) },
  ...{ Name: text, Disabled: flag }
}
const alertList = named(
  'AlertList',
  z.array(named('AlertEntry', z.object({ ...alert, Actions: z.array(action), RuleId: text })))
)
const alertWish = named(
  'AlertWish',
  z
    .object({ ...alert, Actions: z.array(action.partial()).min(1) })
    .partial()
    .required({ TopicPrefix: true, Name: true, Actions: true })
    .meta({ description: 'Keys in any case. A RuleId is passed over: an entry keeps its own, a new one is given one.' })
)

/** SPR's `notifications.json`. */
export function notificationsOf(files: RuleFiles | undefined): EditableList<NotificationEntry> {
  return {
    path: 'notifications',
    noun: 'notification',
    file: files?.notifications,
    wishSchema: notificationWish,
    listSchema: notificationList,
    parse: parseNotifications,
    format: formatNotifications,
    accept: entry => entry
  }
}

/** SPR's `alerts.json`. */
export function alertsOf(files: RuleFiles | undefined): EditableList<AlertEntry> {
  return {
    path: 'alerts',
    noun: 'alert',
    file: files?.alerts,
    wishSchema: alertWish,
    listSchema: alertList,
    parse: (json, name) => parseAlerts(json, { file: name }),
    format: formatAlerts,
    accept: (entry, previous) => ({ ...entry, RuleId: previous?.RuleId ?? randomUUID() })
  }
}
