import { z } from 'zod'
import { outputsSchema } from '../outputs/config.js'
import type { OutputConfig, OutputInput } from '../outputs/output-config.js'
import { type BusConfig, busSchema } from './bus.js'
import { type CaptureConfig, captureSchema } from './capture.js'
import { type EventsConfig, type EventsConfigInput, eventsSchema } from './events.js'
import { field } from './field.js'
import { type GroupConfig, groupsSchema } from './groups.js'
import { type HttpConfig, httpSchema } from './http.js'
import { type RecentDomainsConfig, recentDomainsSchema } from './recent-domains.js'
import { type RulesConfig, rulesSchema } from './rules.js'

/** A complete configuration, defaults filled in. */
export interface Config {
  /** NFLOG groups to own, and the `Action` that their events carry. Default: 0 (allowed) and 1 (blocked). */
  groups: GroupConfig[]
  /** Where the bus is. Default: the one that answers, else our own. */
  bus: BusConfig
  /** How packets are taken from the kernel. */
  capture: CaptureConfig
  /** What an event holds. */
  events: EventsConfig
  /** What is remembered of DNS answers; false for nothing. */
  recentDomains: RecentDomainsConfig | false
  /** Rule files to put in force. Default none. */
  rules: RulesConfig
  /** The HTTP and WebSocket API. Default none. */
  http: HttpConfig
  /** Where else packets and alerts are written. Default nowhere. */
  outputs: OutputConfig[]
}

type Optional<Fields> = { [Key in keyof Fields]?: Fields[Key] | undefined }

/** A configuration as written in a file: every field optional. */
export type ConfigInput = Optional<
  Omit<Config, 'events' | 'outputs'> & { events: EventsConfigInput; outputs: OutputInput[] }
>

/** What is accepted, in a file or by the flags that override it (flags.ts). */
export const configSchema: z.ZodType<Config, ConfigInput> = z.strictObject({
  groups: groupsSchema,
  bus: busSchema,
  capture: captureSchema,
  events: eventsSchema,
  recentDomains: recentDomainsSchema,
  rules: rulesSchema,
  http: httpSchema,
  outputs: field(
    outputsSchema.default([]),
    'Where else packets and alerts are written, beside the bus: each output has a queue of its own, and what one cannot write hurts no other.'
  )
})
