import type { Facility } from './syslog/priority.js'

/** How a packet is written. */
export type TextFormat = 'spr' | 'ulogd' | 'eve' | 'summary'

/** A capture, which Wireshark and tcpdump read. */
export type CaptureFormat = 'pcap' | 'pcapng'

interface CommonConfig {
  name?: string | undefined
  match: string | string[]
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
  mode: string
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
  facility: Facility
  appName: string
  hostname?: string | undefined
  stallSeconds: number
}

export type FifoConfig = StreamConfig & {
  to: 'fifo'
  path: string
  mode: string
  maxReaders: number
  endOften: 'auto' | boolean
}

/** One output, defaults filled in. */
export type OutputConfig = StdoutConfig | FileConfig | UnixConfig | UdpConfig | TcpConfig | SyslogConfig | FifoConfig

type Written<Config> = Config extends { to: infer To }
  ? { to: To } & { [Field in Exclude<keyof Config, 'to' | Required<Config>>]?: Config[Field] | undefined } & Pick<
        Config,
        Required<Config>
      >
  : never

/** Fields without a default. */
type Required<Config> = Extract<
  keyof Config,
  Config extends { to: 'syslog' } ? never : 'path' | (Config extends { to: 'udp' | 'tcp' } ? 'host' | 'port' : never)
>

/** One output as written in a file: what has a default may be left out. */
export type OutputInput = Written<OutputConfig>

/** What an output is called. */
export function nameOf(output: OutputConfig): string {
  return output.name ?? addressOf(output)
}

/** Where an output writes. */
function addressOf(output: OutputConfig): string {
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
