import type { BusEvent, BusPosition, Gap } from '@packet-logs/bus'
import type { Notice } from '@packet-logs/rules'
import { z } from 'zod'

/** What a client subscribes to; the fields are the bus's own. */
export interface SubscribeCommand {
  op: 'subscribe'
  /** The client's name for it, in every frame that comes of it. */
  id: string
  prefix: string | string[]
  match?: string | string[] | undefined
  filter?: string | undefined
  replay?: number | undefined
  since?: BusPosition | undefined
  seq: boolean
  gaps: boolean
}

/** What a client of `/ws/events` asks for. */
export type Command =
  | { op: 'login'; token: string }
  | SubscribeCommand
  | { op: 'unsubscribe'; id: string }
  | { op: 'notices'; on: boolean }

const id = z.string().min(1).max(64)
const texts = z.union([z.string(), z.array(z.string()).min(1)])
const count = z.int().min(0)

const commandSchema: z.ZodType<Command> = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('login'), token: z.string() }),
  z.strictObject({
    op: z.literal('subscribe'),
    id,
    prefix: texts.default(''),
    match: texts.optional(),
    filter: z.string().optional(),
    replay: count.optional(),
    since: z.strictObject({ epoch: count, seq: count }).optional(),
    seq: z.boolean().default(false),
    gaps: z.boolean().default(true)
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id }),
  z.strictObject({ op: z.literal('notices'), on: z.boolean() })
])

/** Why a command failed: `invalid` no command, `refused` a wish that cannot be, `limit` one too many, `ended` the bus is closed. */
export type CommandErrorCode = 'unauthorized' | 'invalid' | 'refused' | 'limit' | 'ended'

/** Reads a client's frame, or says what is wrong with it. */
export function parseCommand(text: string): Command | { op: 'none'; id?: string; reason: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { op: 'none', reason: 'A frame is a JSON object such as {"op":"subscribe","id":"1","prefix":"nft:"}.' }
  }
  const parsed = commandSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const reason = issue ? `${issue.path.join('.') || 'frame'}: ${issue.message}` : 'no such command'
  const named = z.looseObject({ id }).safeParse(json)
  return { op: 'none', reason, ...(named.success && { id: named.data.id }) }
}

/** Everything but events, which are too many to be made as objects. */
export type ServerFrame =
  | { type: 'welcome' }
  | { type: 'subscribed'; id: string; epoch?: number; seq?: number }
  | { type: 'unsubscribed'; id: string }
  | ({ type: 'gap'; id: string } & Gap)
  | ({ type: 'notice' } & Notice)
  | { type: 'error'; id?: string; code: CommandErrorCode; message: string }

export function formatFrame(frame: ServerFrame): Buffer {
  return Buffer.from(JSON.stringify(frame))
}

/** Writes the events of one subscription. */
export function createEventFormatter(id: string): (event: BusEvent, epoch: number | undefined) => Buffer {
  const head = `{"type":"event","id":${JSON.stringify(id)},"topic":`
  let lastTopic: string | undefined
  let start = ''
  return ({ topic, value, seq }, epoch) => {
    if (topic !== lastTopic) start = `${head}${JSON.stringify(topic)},"value":`
    lastTopic = topic
    const place = seq === undefined || epoch === undefined ? '' : `,"seq":${seq},"epoch":${epoch}`
    return Buffer.from(`${start}${JSON.stringify(value)}${place}}`)
  }
}
