import { compileFilter, RuleError } from '@packet-logs/rules'
import { z } from 'zod'
import { type FACILITIES, facilityNames } from './syslog/priority.js'
import { checkPattern } from './topic-pattern.js'

/** How a packet is written. */
export type TextFormat = 'spr' | 'ulogd' | 'eve' | 'summary'

/** A capture, which Wireshark and tcpdump read. */
export type CaptureFormat = 'pcap' | 'pcapng'

interface CommonConfig {
  name?: string | undefined
  match: string[]
  filter?: string | undefined
  queueBytes: number
  payload?: 'full' | 'headers' | 'none' | number | undefined
  device: string
}

interface CaptureConfig {
  linkType: 'raw' | 'nflog'
  snaplen: number
}

type StreamConfig = CommonConfig & CaptureConfig & { format: TextFormat | CaptureFormat }
type DatagramConfig = CommonConfig & { format: TextFormat; maxDatagramBytes: number }

export type StdoutConfig = StreamConfig & { to: 'stdout' }

export type FileConfig = StreamConfig & {
  to: 'file'
  path: string
  mode: number
  flushMs: number
  maxBytes: number
  maxAgeSeconds: number
  keep: number
  compress: boolean
}

export type UnixConfig = StreamConfig & {
  to: 'unix'
  path: string
  type: 'stream' | 'datagram'
  maxDatagramBytes: number
}

export type UdpConfig = DatagramConfig & { to: 'udp'; host: string; port: number }

export type TcpConfig = StreamConfig & { to: 'tcp'; host: string; port: number; stallSeconds: number }

export type SyslogConfig = DatagramConfig & {
  to: 'syslog'
  transport: 'unix' | 'udp' | 'tcp'
  path: string
  host: string
  port: number
  rfc: 5424 | 3164
  facility: keyof typeof FACILITIES
  appName: string
  hostname?: string | undefined
  stallSeconds: number
}

export type FifoConfig = StreamConfig & { to: 'fifo'; path: string; mode: number; maxReaders: number }

/** One output, defaults filled in. */
export type OutputConfig = StdoutConfig | FileConfig | UnixConfig | UdpConfig | TcpConfig | SyslogConfig | FifoConfig

type Written<Config> = Config extends { to: infer To }
  ? { to: To; match?: string | string[] | undefined } & {
      [Field in Exclude<keyof Config, 'to' | 'match'>]?: (Field extends 'mode' ? string : never) | Config[Field] | undefined
    }
  : never

/** One output as written in a file: what has a default may be left out. */
export type OutputInput = Written<OutputConfig>

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const MAX_PATH_CHARACTERS = 4000
/** What `sun_path` holds, its final zero aside. */
const MAX_SOCKET_PATH_BYTES = 107
/** The most that a UDP datagram carries over IPv4. */
const MAX_UDP_BYTES = 65_507

const pattern = z.string().superRefine((value, context) => {
  const problem = checkPattern(value)
  if (problem !== undefined) context.addIssue(problem)
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
  name: z
    .string()
    .regex(/^[\w.:@/-]{1,100}$/, 'takes 1 to 100 letters, digits and any of _ . : @ / -')
    .optional()
    .describe(
      'What messages, statistics and metrics call it. Default: where it writes, such as file:/var/log/nft.json.'
    ),
  match: z
    .union([pattern.transform(one => [one]), z.array(pattern).min(1)])
    .default(['nft:>'])
    .describe(
      'Which topics it takes: one pattern or a list, tokens divided by colons, * for any one token, > at the end for one or more. ' +
        'The default nft:> is every packet; alerts come only with a pattern such as alert:>.'
    ),
  filter: filter
    .optional()
    .describe(
      'A condition in the filter language, such as action == "blocked" && dst.port == 22. Default: everything.'
    ),
  queueBytes: z
    .int()
    .min(64 * KIB)
    .max(GIB)
    .default(4 * MIB)
    .describe(
      'Bytes that may wait while it cannot be written, 65536 to 1073741824. When they are used up the oldest events go, counted.'
    ),
  payload: z
    .union([z.enum(['full', 'headers', 'none']), z.int().min(0)])
    .optional()
    .describe('How much application data format spr tells; a number is bytes. Default: as events.payload.'),
  device: z.string().min(1).default('Netfilter').describe('Format ulogd: value of dvc.')
}

const captureFields = {
  linkType: z
    .enum(['raw', 'nflog'])
    .default('raw')
    .describe(
      'Formats pcap and pcapng: raw (LINKTYPE_RAW 101) holds IP packets alone; nflog (239) also prefix, hook, mark, devices and user.'
    ),
  snaplen: z
    .int()
    .min(64)
    .max(262_144)
    .default(262_144)
    .describe('Formats pcap and pcapng: the most bytes of a packet that are written.')
}

const textFormat = z.enum(['spr', 'ulogd', 'eve', 'summary'])
const streamFormat = z.enum(['spr', 'ulogd', 'eve', 'summary', 'pcap', 'pcapng'])
const formatText =
  'How a packet is written: spr (the PacketInfo JSON of the bus), ulogd (JSON of ulogd 2), eve (JSON of Suricata), summary (a line for people)'

const stream = {
  ...common,
  ...captureFields,
  format: streamFormat.default('spr').describe(`${formatText}, pcap or pcapng (a capture; takes no alerts).`)
}

const maxDatagramBytes = z
  .int()
  .min(480)
  .max(MAX_UDP_BYTES)
  .default(MAX_UDP_BYTES)
  .describe('Datagrams: events that need more bytes are left out, counted as skipped; none is cut.')

const datagram = { ...common, maxDatagramBytes, format: textFormat.default('spr').describe(`${formatText}.`) }

const path = z.string().min(1).max(MAX_PATH_CHARACTERS)
const socketPath = path.refine(
  value => Buffer.byteLength(value) <= MAX_SOCKET_PATH_BYTES,
  `is too long for a socket: the kernel takes ${MAX_SOCKET_PATH_BYTES} bytes`
)
const host = z.string().min(1).max(255)
const port = z.int().min(1).max(65_535)
const mode = z
  .union([
    z.int().min(0).max(0o777),
    z
      .string()
      .regex(/^0?[0-7]{3}$/, 'takes three octal digits, such as "0640"')
      .transform(text => Number.parseInt(text, 8))
  ])
  .default(0o600)
const stallSeconds = z
  .int()
  .min(1)
  .max(3600)
  .default(30)
  .describe('TCP: a connection that took nothing for so long is given up and made again.')

const stdout = z
  .strictObject({ to: z.literal('stdout'), ...stream })
  .describe('Standard output. At most one output may have it.')

const file = z
  .strictObject({
    to: z.literal('file'),
    ...stream,
    path: path.describe(
      'The file; its folder must exist. It is appended to, and opened anew when somebody moves or removes it.'
    ),
    mode: mode.describe('Permissions of files it creates, as octal text. Default "0600".'),
    flushMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(1000)
      .describe('Events are collected for so long and written at once, which is easy on flash. 0: as they come.'),
    maxBytes: z
      .int()
      .min(4 * KIB)
      .default(64 * MIB)
      .describe(
        'The file is rotated before it would grow beyond this: PATH becomes PATH.1, PATH.1 becomes PATH.2 and so on.'
      ),
    maxAgeSeconds: z
      .int()
      .min(0)
      .default(0)
      .describe('The file is rotated by the first event that comes so long after it was begun. 0: never for its age.'),
    keep: z.int().min(0).max(1000).default(5).describe('How many rotated files are kept; 0 keeps none.'),
    compress: z
      .boolean()
      .default(false)
      .describe('Rotated files are compressed: PATH.1.gz. Takes some processor time then.')
  })
  .describe('A file, rotated by size and age.')

const unix = z
  .strictObject({
    to: z.literal('unix'),
    ...stream,
    maxDatagramBytes,
    path: socketPath.describe('The socket that somebody else listens on.'),
    type: z
      .enum(['stream', 'datagram'])
      .default('stream')
      .describe('stream: an event per line. datagram: an event per datagram, for text formats only.')
  })
  .refine(
    ({ type, format }) => type === 'stream' || (format !== 'pcap' && format !== 'pcapng'),
    'a datagram socket takes no captures: choose type stream, or another format'
  )
  .describe('A unix socket that somebody else listens on.')

const udp = z
  .strictObject({
    to: z.literal('udp'),
    ...datagram,
    host: host.describe('Name or address; a name is looked up again after errors.'),
    port: port.describe('UDP port.')
  })
  .describe('UDP, an event per datagram.')

const tcp = z
  .strictObject({
    to: z.literal('tcp'),
    ...stream,
    stallSeconds,
    host: host.describe('Name or address.'),
    port: port.describe('TCP port.')
  })
  .describe('TCP, an event per line.')

const syslog = z
  .strictObject({
    to: z.literal('syslog'),
    ...datagram,
    format: textFormat.default('summary').describe(`What a message says: ${formatText}.`),
    transport: z
      .enum(['unix', 'udp', 'tcp'])
      .default('unix')
      .describe('unix: a datagram socket. tcp: with octet counting (RFC 6587).'),
    path: socketPath.default('/dev/log').describe('Transport unix: the socket of the syslog daemon.'),
    host: host.default('localhost').describe('Transports udp and tcp: name or address of the syslog server.'),
    port: port.default(514).describe('Transports udp and tcp.'),
    rfc: z
      .union([z.literal(5424), z.literal(3164)])
      .default(5424)
      .describe('Which syslog: 5424, or the older 3164, the only one that journald reads on /dev/log.'),
    facility: z.enum(facilityNames).default('daemon').describe('Facility of the messages.'),
    appName: z
      .string()
      .regex(/^[!-~]{1,48}$/, 'takes 1 to 48 printable ASCII characters without blanks')
      .default('packet-logsd')
      .describe('APP-NAME of the messages.'),
    hostname: z
      .string()
      .regex(/^[!-~]{1,255}$/, 'takes 1 to 255 printable ASCII characters without blanks')
      .optional()
      .describe('HOSTNAME of the messages. Default: the name of the machine.'),
    stallSeconds
  })
  .describe(
    'A syslog daemon or server. Blocked packets have severity warning, others info; alerts by their own severity.'
  )

const fifo = z
  .strictObject({
    to: z.literal('fifo'),
    ...stream,
    format: streamFormat.default('pcap').describe(`${formatText}, pcap or pcapng (a capture; takes no alerts).`),
    path: path.describe('The FIFO; it is made when it is missing.'),
    mode: mode.describe('Permissions of a FIFO it makes, as octal text. Default "0600".'),
    maxReaders: z.int().min(1).max(64).default(8).describe('How many readers may have it open at once.')
  })
  .describe(
    'A FIFO for readers that come and go: each gets its own header and whole records. What comes while nobody reads is left out.'
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
export const outputsSchema: z.ZodType<OutputConfig[], OutputInput[]> = z
  .array(outputSchema)
  .max(64)
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
  if (output.to === 'stdout') yield 'stdout'
}

/** What an output is called. */
export function nameOf(output: OutputConfig): string {
  return output.name ?? addressOf(output)
}

/** Where an output writes. */
export function addressOf(output: OutputConfig): string {
  switch (output.to) {
    case 'stdout':
      return 'stdout'
    case 'file':
    case 'unix':
    case 'fifo':
      return `${output.to}:${output.path}`
    case 'udp':
    case 'tcp':
      return `${output.to}:${output.host}:${output.port}`
    case 'syslog':
      return output.transport === 'unix'
        ? `syslog:${output.path}`
        : `syslog:${output.transport}:${output.host}:${output.port}`
  }
}
