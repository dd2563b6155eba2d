import { z } from 'zod'

/** A complete configuration, defaults filled in. */
export interface Config {
  /** NFLOG groups to own, and the `Action` that their events carry. Default: 0 (allowed) and 1 (blocked). */
  groups: { group: number; action?: string | undefined }[]
  /** Where the bus is: a socket to serve, or somebody's to publish to. Default: the one that answers, else our own. */
  bus: { listen?: string | undefined; connect?: string | undefined }
  /** How packets are taken from the kernel; ranges and defaults are those of `openNflog`. */
  capture: {
    copyBytes?: number | undefined
    queueThreshold?: number | undefined
    flushMs?: number | undefined
    receiveBufferBytes?: number | undefined
    receiveBufferMaxBytes?: number | undefined
    conntrack?: boolean | undefined
  }
  /** What an event holds; see `formatPacketInfo`. */
  events: {
    /** Keys beyond SPR's: IPv6, ICMP, metadata, decoding errors. Default true. */
    extended: boolean
    /** How much of a packet's payload is told; a number is bytes. Default `full`. */
    payload: 'full' | 'headers' | 'none' | number
    /** Longest event on the bus in bytes; `extended: false` ignores it. Default 65000, what every existing reader takes. */
    maxLineBytes?: number | undefined
    /** Whether events name their flow by its Community ID; a number is the seed. Default true. */
    communityId?: boolean | number | undefined
  }
}

type Optional<Fields> = { [name in keyof Fields]?: Fields[name] | undefined }

/** A configuration as written in a file: every field optional. */
export type ConfigInput = Optional<Omit<Config, 'events'> & { events: Optional<Config['events']> }>

const group = z.strictObject({
  group: z.int().min(0).max(65535),
  action: z.string().min(1).optional()
})

/** What is accepted, in a file or by the flags that override it (flags.ts). */
export const configSchema: z.ZodType<Config, ConfigInput> = z.strictObject({
  groups: z
    .array(group)
    .min(1)
    .refine(groups => new Set(groups.map(({ group }) => group)).size === groups.length, 'names a group twice')
    .default([{ group: 0 }, { group: 1 }]),
  bus: z
    .strictObject({ listen: z.string().min(1).optional(), connect: z.string().min(1).optional() })
    .refine(({ listen, connect }) => listen === undefined || connect === undefined, 'takes listen or connect, not both')
    .prefault({}),
  capture: z
    .strictObject({
      copyBytes: z.int().min(0).max(65531).optional(),
      queueThreshold: z.int().min(1).optional(),
      flushMs: z.int().min(0).max(3_600_000).optional(),
      receiveBufferBytes: z.int().min(4096).optional(),
      receiveBufferMaxBytes: z.int().min(4096).optional(),
      conntrack: z.boolean().optional()
    })
    .prefault({}),
  events: z
    .strictObject({
      extended: z.boolean().default(true),
      payload: z.union([z.enum(['full', 'headers', 'none']), z.int().min(0)]).default('full'),
      maxLineBytes: z.int().min(4096).max(262_144).optional(),
      communityId: z.union([z.boolean(), z.int().min(0).max(65535)]).optional()
    })
    .prefault({})
})

/** The action of a group: its own, else `blocked` for group 1 and `allowed` for all others, as SPR has it. */
export function actionOf({ group, action }: Config['groups'][number]): string {
  return action ?? (group === 1 ? 'blocked' : 'allowed')
}
