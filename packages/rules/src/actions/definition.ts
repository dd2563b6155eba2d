import { z } from 'zod'
import { durationSchema } from '../duration.js'
import type { Severity } from '../engine/alert.js'
import { readTarget } from './target.js'

/** What every action has, whatever it does; what is left out has its default. */
export interface CommonActionFields {
  /** Alerts below it are passed over and counted as filtered. Default `info`: none. */
  readonly minSeverity?: Severity | undefined
  /** Deliveries begun in any 60 seconds; the others wait in the queue. 1 to 6,000; default 30 for ntfy, 60 for Slack, else 600. */
  readonly maxPerMinute?: number | undefined
  /** Alerts that wait; beyond it the oldest is dropped and counted. 1 to 100,000, default 1,000. */
  readonly queueEntries?: number | undefined
  /** Bytes of alerts that wait; beyond it the oldest are dropped and counted. 4 KiB to 1 GiB, default 4 MiB. */
  readonly queueBytes?: number | undefined
  /** Deliveries at the same time; with 1, the default, they arrive in order. 1 to 16. */
  readonly concurrency?: number | undefined
  /** Further attempts after one that failed for a reason that may pass. 0 to 20; default 5, for commands 0. */
  readonly retries?: number | undefined
  /** Duration before the second attempt, which doubles with every further one; half of it is left to chance. Default `1s`. */
  readonly retryMin?: string | undefined
  /** Longest duration between attempts. Default `60s`. */
  readonly retryMax?: string | undefined
  /** Duration of an attempt, from reading the secrets to the answer. 10 ms to 10 minutes, default `10s`. */
  readonly timeout?: string | undefined
}

/** What all actions have that send a request over HTTP. */
export interface HttpActionFields extends CommonActionFields {
  /** Where to, `http:` or `https:`; either this or `urlFile`. */
  readonly url?: string | undefined
  /** A file that holds the URL, when the URL is a secret; read for each attempt. */
  readonly urlFile?: string | undefined
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A file that holds a token, sent as `Authorization: Bearer …`; read for each attempt. */
  readonly tokenFile?: string | undefined
  /** Duration that a connection may take to stand, TLS included. Default `5s`. */
  readonly connectTimeout?: string | undefined
  /** Whether the request may go to addresses that are not public: this machine, the local network. Default false. */
  readonly allowPrivateAddresses?: boolean | undefined
}

/** Posts each alert as JSON. */
export interface WebhookDefinition extends HttpActionFields {
  readonly type: 'webhook'
  /** A file that holds the key of the signature (HMAC-SHA256); read for each attempt. Default: not signed. */
  readonly secretFile?: string | undefined
}

/** Publishes each alert to a topic of an ntfy server. */
export interface NtfyDefinition extends HttpActionFields {
  readonly type: 'ntfy'
}

/** Posts each alert to an incoming webhook of Slack, or of what takes the same: Mattermost, Discord's `/slack`. */
export interface SlackDefinition extends HttpActionFields {
  readonly type: 'slack'
}

/** Runs a program for each alert, which finds the alert on its standard input; no shell takes part. */
export interface CommandDefinition extends CommonActionFields {
  readonly type: 'command'
  /** The program, and its arguments as they are. */
  readonly command: readonly [string, ...string[]]
}

/** An action as it is written in `rules.yaml`. */
export type ActionDefinition = WebhookDefinition | NtfyDefinition | SlackDefinition | CommandDefinition

type Complete<Definition, Optional extends string> = Definition & {
  readonly [Field in Exclude<keyof Definition, Optional>]-?: Exclude<Definition[Field], undefined>
}

/** A definition with nothing left open. */
export type CompleteDefinition =
  | Complete<WebhookDefinition, 'url' | 'urlFile' | 'tokenFile' | 'secretFile'>
  | Complete<NtfyDefinition, 'url' | 'urlFile' | 'tokenFile'>
  | Complete<SlackDefinition, 'url' | 'urlFile' | 'tokenFile'>
  | Complete<CommandDefinition, never>

/** Names of actions that need no definition. */
export const BUILT_IN_ACTIONS = ['bus', 'websocket'] as const

const MAX_ACTIONS = 100
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/
/** Set by the action itself, or not a matter of one request. */
const OWN_HEADER =
  /^(?:connection|content-.*|expect|host|idempotency-key|keep-alive|packet-logs-.*|te|trailer|transfer-encoding|upgrade)$/i

function commonFields(defaults: { maxPerMinute: number; retries: number }) {
  return {
    minSeverity: z
      .enum(['info', 'low', 'medium', 'high', 'critical'])
      .default('info')
      .describe('Alerts below it are passed over and counted as filtered.'),
    maxPerMinute: z
      .int()
      .min(1)
      .max(6000)
      .default(defaults.maxPerMinute)
      .describe('Deliveries begun in any 60 seconds; the others wait in the queue.'),
    queueEntries: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe('Alerts that wait; beyond it the oldest is dropped and counted.'),
    queueBytes: z
      .int()
      .min(4096)
      .max(1024 ** 3)
      .default(4 * 1024 ** 2)
      .describe('Bytes of alerts that wait; beyond it the oldest are dropped and counted.'),
    concurrency: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe('Deliveries at the same time; with 1 they arrive in order.'),
    retries: z
      .int()
      .min(0)
      .max(20)
      .default(defaults.retries)
      .describe('Further attempts after one that failed for a reason that may pass.'),
    retryMin: durationSchema('1ms', '1h')
      .default('1s')
      .describe('Duration before the second attempt; doubles with every further one, half of it left to chance.'),
    retryMax: durationSchema('1ms', '1h').default('60s').describe('Longest duration between attempts.'),
    timeout: durationSchema('10ms', '10m').default('10s').describe('Duration of an attempt.')
  }
}

/** What a schema for the keys of a record has to say does not reach its reader; what is said here does. */
function recordOf<Value extends z.ZodType>(
  value: Value,
  problemOf: (name: string) => string | undefined
): z.ZodRecord<z.ZodString, Value> {
  return z.record(z.string(), value).superRefine((record, context) => {
    for (const name of Object.keys(record)) {
      const message = problemOf(name)
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message })
    }
  })
}

const file = z.string().min(1).optional()

function httpFields(defaults: { maxPerMinute: number }) {
  return {
    ...commonFields({ ...defaults, retries: 5 }),
    url: z.string().max(8192).optional().describe('Where to, http: or https:; either this or urlFile.'),
    urlFile: file.describe('A file that holds the URL, when the URL is a secret.'),
    headers: recordOf(z.string().max(4096).regex(HEADER_VALUE, 'must be printable ASCII'), name => {
      if (!TOKEN.test(name)) return 'is no name of a header'
      return OWN_HEADER.test(name) ? 'is a header that the action sets itself' : undefined
    })
      .default({})
      .describe('Further headers.'),
    tokenFile: file.describe('A file that holds a token, sent as `Authorization: Bearer …`.'),
    connectTimeout: durationSchema('10ms', '10m')
      .default('5s')
      .describe('Duration that a connection may take to stand, TLS included.'),
    allowPrivateAddresses: z
      .boolean()
      .default(false)
      .describe('Whether requests may go to addresses that are not public: this machine, the local network.')
  }
}

interface HttpTarget {
  readonly type: 'webhook' | 'ntfy' | 'slack'
  readonly url?: string | undefined
  readonly urlFile?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly tokenFile?: string | undefined
}

function checkTarget({ type, url, urlFile, headers, tokenFile }: HttpTarget, context: z.core.$RefinementCtx): void {
  const report = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message })
  }
  if ((url === undefined) === (urlFile === undefined)) report('url', 'needs either url or urlFile, and not both')
  if (url !== undefined) {
    const target = readTarget(type, url)
    if (typeof target === 'string') report('url', target)
    else if (target.authorization !== undefined && tokenFile !== undefined) {
      report('tokenFile', 'and a user in the URL exclude each other')
    }
  }
  if (tokenFile !== undefined && Object.keys(headers).some(name => name.toLowerCase() === 'authorization')) {
    report('tokenFile', 'and a header Authorization exclude each other')
  }
}

const webhookSchema = z
  .strictObject({
    type: z.literal('webhook'),
    ...httpFields({ maxPerMinute: 600 }),
    secretFile: file.describe('A file that holds the key of the signature (HMAC-SHA256). Default: not signed.')
  })
  .superRefine(checkTarget)

const ntfySchema = z
  .strictObject({ type: z.literal('ntfy'), ...httpFields({ maxPerMinute: 30 }) })
  .superRefine(checkTarget)

const slackSchema = z
  .strictObject({ type: z.literal('slack'), ...httpFields({ maxPerMinute: 60 }) })
  .superRefine(checkTarget)

const argument = z.string().refine(text => !text.includes('\0'), 'must not hold a NUL')

const commandSchema = z.strictObject({
  type: z.literal('command'),
  ...commonFields({ maxPerMinute: 600, retries: 0 }),
  command: z
    .tuple([argument.min(1)], argument)
    .describe('The program, and its arguments as they are: no shell takes part.')
})

/** Reads one action as it is written, and fills in the defaults. */
export const actionSchema: z.ZodType<CompleteDefinition, ActionDefinition> = z.discriminatedUnion('type', [
  webhookSchema,
  ntfySchema,
  slackSchema,
  commandSchema
])

const ACTION_NAME = /^[A-Za-z][\w-]{0,63}$/

/** Reads the actions of a rule file, by name. */
export const actionsSchema: z.ZodType<Record<string, CompleteDefinition>, Record<string, ActionDefinition>> = recordOf(
  actionSchema,
  name => {
    if (!ACTION_NAME.test(name)) return 'is no name of an action: a letter, then up to 63 letters, digits, _ and -'
    return BUILT_IN_ACTIONS.some(builtIn => builtIn === name) ? 'is built in and needs no definition' : undefined
  }
).refine(actions => Object.keys(actions).length <= MAX_ACTIONS, `must be ${MAX_ACTIONS} actions at most`)
