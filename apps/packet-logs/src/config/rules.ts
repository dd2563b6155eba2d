import type { NotificationReading } from '@packet-logs/rules'
import { z } from 'zod'
import { field } from './field.js'

/** Rule files to put in force. */
export interface RulesConfig {
  file?: string | undefined
  alerts?: string | undefined
  notifications?: string | undefined
  reading?: NotificationReading | undefined
}

const none = { otherwise: 'none' }

/** Each may be missing when the daemon starts: it is in force as soon as it is there. */
export const rulesSchema: z.ZodType<RulesConfig, RulesConfig | undefined> = field(
  z
    .strictObject({
      file: field(
        z.string().min(1).optional(),
        'Rules of our own, YAML or JSON: conditions, thresholds, cooldowns, actions (`rules.yaml`).',
        none
      ),
      alerts: field(z.string().min(1).optional(), "SPR's `alerts.json`.", none),
      notifications: field(z.string().min(1).optional(), "SPR's `notifications.json`.", none),
      reading: field(
        z.enum(['spr', 'strict']).optional(),
        'How `notifications.json` is read: as SPR does, quirks included, or as its author most likely meant it.',
        { otherwise: '`spr`' }
      )
    })
    .prefault({}),
  'Rule files. They are read again whenever they change; while one is broken, the last good one stays in force. A file that is missing is empty until it is there.'
)
