import { Command, InvalidArgumentError, Option } from 'commander'
import type { TargetInput } from './config.js'
import type { DatabaseKind } from './database/endpoint.js'
import type { AddressTags } from './points/address-tags.js'

/** What the command line says. */
export interface Flags {
  configPath: string | undefined
  database: DatabaseKind
  target: TargetInput
  tokenFile: string | undefined
  schema: 'compat' | 'v2'
  addressTags: AddressTags
  communityId: boolean
  socket: string | undefined
  dialect: 'json' | 'grpc'
  topics: string
  spool: { directory: string; maxBytes: number; maxAgeMs: number }
  batchPoints: number
  flushMs: number
  timeoutMs: number
  logMs: number
  listen: Listen | undefined
  dryRun: boolean
  /** A file of events to import; `-` is standard input. */
  once: string | undefined
}

/** Where metrics are served. */
export interface Listen {
  host: string
  port: number
}

const examples = `
Examples:
  packet-logs-influxdb                              SPR's settings, SPR's points, into InfluxDB 2.x
  packet-logs-influxdb --database influxdb1 --bucket firewall --schema v2
  packet-logs-influxdb --dry-run                    print points instead of writing them
  packet-logs-influxdb --once events.ndjson         import what was logged, then end

The token comes from --token-file, $INFLUXDB_TOKEN, $INFLUXDB_TOKEN_FILE or the configuration.
`

type Write = (text: string) => void
type Raw = Record<string, never> & {
  config?: string
  database: DatabaseKind
  url?: string
  org?: string
  bucket?: string
  tokenFile?: string
  schema: 'compat' | 'v2'
  addressTags: AddressTags
  communityId: boolean
  socket?: string
  bus: 'json' | 'grpc'
  topics: string
  spool: string
  spoolBytes: number
  spoolAge: number
  batch: number
  flush: number
  timeout: number
  logEvery: number
  http: Listen | 'off'
  dryRun?: boolean
  once?: string
}

/** Parses the arguments after the command's name; commander throws its own error for wrong ones. */
export function parseFlags(argv: readonly string[], version: string, write: { out: Write; err: Write }): Flags {
  const command = new Command('packet-logs-influxdb')
    .description('Writes the packets that a firewall logs to InfluxDB or VictoriaMetrics, and loses none of them.')
    .option('--config <file>', "SPR's api.json, or a file like it (default: /configs/base/api.json, if it is there)")
    .addOption(
      new Option('--database <kind>', 'what is written to')
        .choices(['influxdb1', 'influxdb2', 'victoriametrics'])
        .default('influxdb2')
    )
    .option('--url <url>', 'its address; also $INFLUXDB_URL (default: http://localhost:8086)')
    .option('--org <name>', 'also $INFLUXDB_ORG (default: spr)')
    .option('--bucket <name>', 'of InfluxDB 1.x the database, or database/policy; also $INFLUXDB_BUCKET (default: spr)')
    .option('--token-file <file>', 'file with the token; of InfluxDB 1.x with user:password')
    .addOption(
      new Option('--schema <name>', "compat: the points of SPR's exporter; v2: better ones")
        .choices(['compat', 'v2'])
        .default('compat')
    )
    .addOption(
      new Option('--address-tags <which>', 'v2: none, top:N (the N busiest), or net:BITS4/BITS6 (networks)')
        .argParser(addressTags)
        .default({ kind: 'none' }, 'none')
    )
    .option('--no-community-id', 'v2: leave community IDs out')
    .option('--socket <path>', 'socket of the bus (default: the first usual one that answers)')
    .addOption(new Option('--bus <dialect>', "grpc for SPR's first bus").choices(['json', 'grpc']).default('json'))
    .option('--topics <prefix>', 'beginning of the topics to write', 'nft:')
    .option('--spool <directory>', 'where points wait', '/var/lib/packet-logs-influxdb')
    .addOption(
      new Option('--spool-bytes <bytes>', 'most that may wait, K, M or G; then the oldest go')
        .argParser(bytes)
        .default(256 * 1024 * 1024, '256M')
    )
    .addOption(
      new Option('--spool-age <time>', 'longest that a point may wait, s, m, h or d')
        .argParser(duration)
        .default(7 * 86_400_000, '7d')
    )
    .option('--batch <points>', 'points in one request, at most', integer(1, 100_000), 5000)
    .addOption(
      new Option('--flush <time>', 'longest that points wait for a batch to fill').argParser(wait).default(1000, '1s')
    )
    .addOption(new Option('--timeout <time>', 'longest that an answer may take').argParser(wait).default(30_000, '30s'))
    .addOption(
      new Option('--log-every <time>', 'how often to say what was done').argParser(duration).default(60_000, '1m')
    )
    .addOption(
      new Option('--http <address>', 'metrics and health at HOST:PORT, or off')
        .argParser(listen)
        .default({ host: '127.0.0.1', port: 9470 }, '127.0.0.1:9470')
    )
    .option('--dry-run', 'print points, write nothing')
    .option('--once <file>', 'import events from a file (- for standard input), one per line, then end')
    .version(version)
    .addHelpText('after', examples)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .parse([...argv], { from: 'user' })

  const raw = command.opts<Raw>()
  if (raw.database === 'victoriametrics') {
    const wrong = 'VictoriaMetrics keeps counters, no packets: '
    if (raw.schema === 'compat') command.error(`error: ${wrong}choose --schema v2`)
    if (raw.once !== undefined) command.error(`error: ${wrong}the past cannot be imported`)
    if (raw.addressTags.kind !== 'none') command.error(`error: ${wrong}leave out --address-tags`)
  }
  return {
    configPath: raw.config,
    database: raw.database,
    target: { url: raw.url, org: raw.org, bucket: raw.bucket },
    tokenFile: raw.tokenFile,
    schema: raw.schema,
    addressTags: raw.addressTags,
    communityId: raw.communityId,
    socket: raw.socket,
    dialect: raw.bus,
    topics: raw.topics,
    spool: { directory: raw.spool, maxBytes: raw.spoolBytes, maxAgeMs: raw.spoolAge },
    batchPoints: raw.batch,
    flushMs: raw.flush,
    timeoutMs: raw.timeout,
    logMs: raw.logEvery,
    listen: raw.http === 'off' ? undefined : raw.http,
    dryRun: raw.dryRun ?? false,
    once: raw.once
  }
}

function integer(min: number, max: number): (text: string) => number {
  return text => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < min || number > max) {
      throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`)
    }
    return number
  }
}

const BYTES: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

function bytes(text: string): number {
  const [, number, unit = ''] = /^(\d{1,9})([KMG]?)$/.exec(text) ?? []
  const size = Number(number) * (BYTES[unit] ?? 1)
  if (number === undefined || size < 65_536) throw new InvalidArgumentError('Write bytes, such as 500M; 64K at least.')
  return size
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function duration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? []
  const ms = Number(number) * (MILLISECONDS[unit] ?? 1)
  if (number === undefined || ms < 1)
    throw new InvalidArgumentError('Write a time with its unit, such as 500ms, 30s or 7d.')
  return ms
}

/** Node's timers take no more than 24.8 days, and fire at once beyond. */
const MAX_WAIT_MS = 20 * 86_400_000

function wait(text: string): number {
  const ms = duration(text)
  if (ms > MAX_WAIT_MS) throw new InvalidArgumentError('Write 20d at most.')
  return ms
}

function addressTags(text: string): AddressTags {
  if (text === 'none') return { kind: 'none' }
  const [, top] = /^top:(\d{1,5})$/.exec(text) ?? []
  if (top !== undefined && Number(top) > 0) return { kind: 'top', count: Number(top) }
  const [, bits4, bits6] = /^net:(\d{1,2})\/(\d{1,3})$/.exec(text) ?? []
  if (bits4 === undefined || Number(bits4) > 32 || Number(bits6) > 128) {
    throw new InvalidArgumentError('Write none, top:100 or net:24/56.')
  }
  return { kind: 'network', bits4: Number(bits4), bits6: Number(bits6) }
}

function listen(text: string): Listen | 'off' {
  if (text === 'off') return 'off'
  const [, host, port] = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('Write HOST:PORT, such as 127.0.0.1:9470.')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}
