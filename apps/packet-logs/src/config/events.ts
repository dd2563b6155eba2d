import { z } from 'zod'
import { field } from './field.js'

/** What an event holds; see `formatPacketInfo`. */
export interface EventsConfig {
  extended: boolean
  payload: 'full' | 'headers' | 'none' | number
  maxLineBytes?: number | undefined
  communityId?: boolean | number | undefined
}

/** As a file may write it. */
export type EventsConfigInput = { [Key in keyof EventsConfig]?: EventsConfig[Key] | undefined }

export const eventsSchema: z.ZodType<EventsConfig, EventsConfigInput | undefined> = field(
  z
    .strictObject({
      extended: field(
        z.boolean().default(true),
        "Keys beyond SPR's: IPv6, ICMP, metadata, decoding errors. `false`: SPR's keys only, and only the packets that SPR publishes."
      ),
      payload: field(
        z.union([z.enum(['full', 'headers', 'none']), z.int().min(0)]).default('full'),
        'How much application data events tell; a number is bytes.'
      ),
      maxLineBytes: field(
        z.int().min(4096).max(262_144).optional(),
        'Longest event on the bus; payload is cut to fit. `extended: false` ignores it.',
        { unit: 'bytes', otherwise: '65000, what every existing reader takes' }
      ),
      communityId: field(
        z.union([z.boolean(), z.int().min(0).max(65535)]).optional(),
        'Name each flow by its Community ID (`Meta.CommunityId`); a number is the seed.',
        { otherwise: '`true`: seed 0' }
      )
    })
    .prefault({}),
  'What an event holds.'
)
