import type { NotificationEntry } from '../notifications/entry.js'
import type { NotificationReading } from '../notifications/notifications.js'
import { strictFilter } from '../notifications/strict-filter.js'
import { sprFilter } from './spr-filter.js'

/** The filter that says what an entry of `notifications.json` says; undefined for an entry that nothing can match. */
export function notificationFilter(entry: NotificationEntry, reading: NotificationReading): string | undefined {
  return reading === 'spr' ? sprFilter(entry) : strictFilter(entry)
}
