import { compileFilter, RuleError } from '@packet-logs/rules'
import { z } from 'zod'
import { field } from '../config/field.js'
import { nameOf, type OutputConfig, type OutputInput } from './output-config.js'
import { facilityNames } from './syslog/priority.js'
import { checkPattern } from './topic-pattern.js'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const MAX_PATH_CHARACTERS = 4000
/** What `sun_path` holds, its final zero aside. */
const MAX_SOCKET_PATH_BYTES = 107
/** The most that a UDP datagram carries over IPv4. */
const MAX_UDP_BYTES = 65_507

const patterns = z.union([z.string(), z.array(z.string()).min(1)]).superRefine((value, context) => {
  for (const pattern of typeof value === 'string' ? [value] : value) {
    const problem = checkPattern(pattern)
    if (problem !== undefined) context.addIssue(problem)
  }
})

const filter = z.string().superRefine((value, context) => {
  try {
    compileFilter(value)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    context.addIssue(error.message)
  }
})

const common = {
  name: field(
    z
      .string()
      .regex(/^[\w.:@/-]{1,100}$/, 'takes 1 to 100 letters, digits and any of _ . : @ / -')
      .optional(),
    'What messages, statistics and metrics call it.',
    { otherwise: 'where it writes, such as `file:/var/log/nft.json`' }
  ),
  match: field(
    patterns.default('nft:>'),
    'Topics it takes: a pattern or a list of them, tokens divided by colons, `*` for any one token, `>` at the end for one or more. `nft:>` is every packet; alerts come only with a pattern such as `alert:>`.'
  ),
  filter: field(
    filter.optional(),
    'A condition in the filter language, such as `action == "blocked" && dst.port == 22`.',
    { otherwise: 'everything' }
  ),
  queueBytes: field(
    z
      .int()
      .min(64 * KIB)
      .max(GIB)
      .default(4 * MIB),
    'What may wait while it cannot be written. When this is used up the oldest events go, counted.',
    { unit: 'bytes' }
  ),
  payload: field(
    z.union([z.enum(['full', 'headers', 'none']), z.int().min(0)]).optional(),
    'How much application data format `spr` tells; a number is bytes.',
    { otherwise: 'as `events.payload`' }
  ),
  device: field(z.string().min(1).default('Netfilter'), 'Format `ulogd`: value of `dvc`.')
}

const textFormats = ['spr', 'ulogd', 'eve', 'summary'] as const

/** The text formats, for a field's description. */
const formatText =
  '`spr` (the PacketInfo JSON of the bus), `ulogd` (JSON of ulogd 2), `eve` (JSON of Suricata), `summary` (a line for people)'

const textFormat = z.enum(textFormats)
const streamFormat = z.enum([...textFormats, 'pcap', 'pcapng'])

/** Fields of outputs that write a stream of bytes. */
const streamFields = (otherwise: 'spr' | 'pcap') => ({
  ...common,
  format: field(
    streamFormat.default(otherwise),
    `How a packet is written: ${formatText}, \`pcap\` or \`pcapng\` (a capture; takes no alerts).`
  ),
  linkType: field(
    z.enum(['raw', 'nflog']).default('raw'),
    'Captures: `raw` (LINKTYPE_RAW 101) holds IP packets alone; `nflog` (239) any packet with prefix, hook, mark, devices and user.'
  ),
  snaplen: field(z.int().min(64).max(262_144).default(262_144), 'Captures: the most of a packet that is written.', {
    unit: 'bytes'
  })
})

const maxDatagramBytes = field(
  z.int().min(480).max(MAX_UDP_BYTES).default(MAX_UDP_BYTES),
  'Datagrams: events that need more are left out, counted as skipped; none is cut.',
  { unit: 'bytes' }
)

/** Fields of outputs that write an event per datagram or message. */
const messageFields = (otherwise: 'spr' | 'summary') => ({
  ...common,
  maxDatagramBytes,
  format: field(textFormat.default(otherwise), `How a packet is written: ${formatText}.`)
})

const path = z.string().min(1).max(MAX_PATH_CHARACTERS)

const socketPath = path.refine(
  value => Buffer.byteLength(value) <= MAX_SOCKET_PATH_BYTES,
  `is too long for a socket: the kernel takes ${MAX_SOCKET_PATH_BYTES} bytes`
)

const host = field(z.string().min(1).max(255), 'Name or address; a name is looked up again after errors.')
const port = z.int().min(1).max(65_535)

const modeHint = "write three octal digits in quotes, such as '0640'"
const mode = (what: string) =>
  field(
    z
      .string(modeHint)
      .regex(/^0?[0-7]{3}$/, modeHint)
      .default('0600'),
    `Permissions of ${what}, octal digits in quotes.`
  )

const stallSeconds = field(
  z.int().min(1).max(3600).default(30),
  'TCP: a connection that takes longer than this for 16 KiB, or for one longer event, is given up and made again.',
  { unit: 's' }
)
const MAX_OUTPUTS = 64

const stdout = z
  .strictObject({ to: z.literal('stdout'), ...streamFields('spr') })
  .describe('Standard output. At most one output may have it.')

const file = z
  .strictObject({
    to: z.literal('file'),
    ...streamFields('spr'),
    path: field(
      path,
      'The file, in a folder that exists. It is appended to, and opened anew when somebody moves or removes it.'
    ),
    mode: mode('files it makes'),
    flushMs: field(
      z.int().min(0).max(60_000).default(1000),
      'Events are collected for so long and written at once, which is easy on flash. 0: as they come.',
      { unit: 'ms' }
    ),
    maxBytes: field(
      z
        .int()
        .min(4 * KIB)
        .default(64 * MIB),
      'Before it would grow beyond this the file becomes `PATH.1`, `PATH.1` becomes `PATH.2` and so on.',
      { unit: 'bytes' }
    ),
    maxAgeSeconds: field(
      z.int().min(0).default(0),
      'The same happens at the first event that comes so long after the file was begun. 0: never.',
      { unit: 's' }
    ),
    keep: field(z.int().min(0).max(1000).default(5), 'How many of these are kept; 0: none.', { unit: 'files' }),
    compress: field(z.boolean().default(false), 'They are compressed: `PATH.1.gz`. Takes some processor time then.')
  })
  .describe('A file, rotated by size and age.')

const unix = z
  .strictObject({
    to: z.literal('unix'),
    ...streamFields('spr'),
    maxDatagramBytes,
    path: field(socketPath, 'The socket that somebody else listens on.'),
    type: field(
      z.enum(['stream', 'datagram']).default('stream'),
      '`stream`: an event per line. `datagram`: an event per datagram, text formats only.'
    )
  })
  .refine(({ type, format }) => type === 'stream' || (format !== 'pcap' && format !== 'pcapng'), {
    error: 'takes no captures with type datagram: choose stream, or another format',
    path: ['format']
  })
  .describe('A unix socket that somebody else listens on.')

const udp = z
  .strictObject({
    to: z.literal('udp'),
    ...messageFields('spr'),
    host,
    port: field(port, 'Where the receiver listens.')
  })
  .describe('UDP, an event per datagram.')

const tcp = z
  .strictObject({
    to: z.literal('tcp'),
    ...streamFields('spr'),
    stallSeconds,
    host,
    port: field(port, 'Where the receiver listens.')
  })
  .describe('TCP, an event per line.')

const syslog = z
  .strictObject({
    to: z.literal('syslog'),
    ...messageFields('summary'),
    transport: field(
      z.enum(['unix', 'udp', 'tcp']).default('unix'),
      '`unix`: a datagram socket. `tcp`: with octet counting (RFC 6587).'
    ),
    path: field(socketPath.default('/dev/log'), 'Transport `unix`: the socket of the syslog daemon.'),
    host: field(host.default('localhost'), 'Transports `udp` and `tcp`: name or address of the server.'),
    port: field(port.default(514), 'Transports `udp` and `tcp`: where the server listens.'),
    rfc: field(
      z.union([z.literal(5424), z.literal(3164)]).default(5424),
      'Which syslog: 5424, or the older 3164, the only one that journald reads on `/dev/log`.'
    ),
    facility: field(z.enum(facilityNames).default('daemon'), 'Facility of the messages.'),
    appName: field(
      z
        .string()
        .regex(/^[!-~]{1,48}$/, 'takes 1 to 48 printable ASCII characters without blanks')
        .default('packet-logsd'),
      'APP-NAME of the messages.'
    ),
    hostname: field(
      z
        .string()
        .regex(/^[!-~]{1,255}$/, 'takes 1 to 255 printable ASCII characters without blanks')
        .optional(),
      'HOSTNAME of the messages.',
      { otherwise: "the machine's" }
    ),
    stallSeconds
  })
  .describe('A syslog daemon or server. Blocked packets have severity warning, others info; alerts have their own.')

const fifo = z
  .strictObject({
    to: z.literal('fifo'),
    ...streamFields('pcap'),
    path: field(path, 'The FIFO; it is made when it is missing.'),
    mode: mode('a FIFO it makes'),
    maxReaders: field(z.int().min(1).max(64).default(8), 'How many may read it at once.', { unit: 'readers' }),
    endOften: field(
      z.union([z.literal('auto'), z.boolean()]).default('auto'),
      'For `tail -f FIFO`, which prints what it has read when it meets an end: there is one behind each piece that is written, at most 64 KiB a second. Other readers stop at the first, so `auto` asks `/proc` whether a reader is `tail`.'
    )
  })
  .describe(
    'A FIFO for readers that come and go: each gets a header of its own and whole records. What comes while nobody reads is left out.'
  )

/** One output of the daemon. */
export const outputSchema: z.ZodType<OutputConfig, OutputInput> = z.discriminatedUnion('to', [
  stdout,
  file,
  unix,
  udp,
  tcp,
  syslog,
  fifo
])

/** All outputs of the daemon. */
export const outputsSchema: z.ZodType<OutputConfig[], OutputInput[] | undefined> = z
  .array(outputSchema)
  .max(MAX_OUTPUTS)
  .superRefine((outputs, context) => {
    const taken = new Map<string, number>()
    for (const [index, output] of outputs.entries()) {
      for (const claim of claimsOf(output)) {
        const first = taken.get(claim)
        if (first !== undefined)
          context.addIssue({ code: 'custom', path: [index], message: `has the same ${claim} as output ${first}` })
        taken.set(claim, index)
      }
    }
  })

/** What no two outputs may have: they would write into each other. */
function* claimsOf(output: OutputConfig): Generator<string> {
  yield `name ${nameOf(output)}`
  if (output.to === 'file' || output.to === 'fifo') yield `path ${output.path}`
  if (output.to === 'fifo') yield `path ${output.path}.next`
  if (output.to === 'stdout') yield 'stdout'
}
