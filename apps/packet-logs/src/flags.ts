import { Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from './config/config.js'
import type { GroupConfig } from './config/groups.js'
import { listenAddressHint, parseListenAddress } from './config/listen-address.js'

/** What the command line says: the file to read, and what overrides its fields. */
export interface Flags {
  configPath?: string
  groups?: GroupConfig[]
  bus?: { listen: string } | { connect: string }
  httpListen?: string
}

const examples = `
Examples:
  packet-logsd                                       groups 0 (allowed) and 1 (blocked), the bus where SPR has it
  packet-logsd --group 5=blocked --bus-listen /tmp/bus.sock
  packet-logsd --config /etc/packet-logs/config.yaml
  packet-logsd --http 127.0.0.1:8080                 with the HTTP and WebSocket API, for this machine alone
  ip netns exec guests packet-logsd                  in another network namespace

It needs CAP_NET_ADMIN. Read what it publishes with: packet-logs subscribe nft:
`

interface RawFlags {
  config?: string
  group?: GroupConfig[]
  busListen?: string
  busConnect?: string
  http?: string
}

/** Parses the arguments after the command's name; commander throws its own error for wrong ones. */
export function parseFlags(argv: readonly string[], version: string, write: { out: Write; err: Write }): Flags {
  const command = new Command('packet-logsd')
    .description('Reads the packets that the kernel logs (NFLOG) and publishes them as events on a bus.')
    .option('--config <file>', 'configuration, YAML or JSON; flags override it')
    .option('--group <n[=action]>', 'a group to read, and the action its events carry; repeat for more', addGroup)
    .addOption(
      new Option('--bus-listen <path>', 'serve the bus on this unix socket')
        .argParser(checkPath)
        .conflicts('busConnect')
    )
    .option('--bus-connect <path>', 'publish to the bus that somebody else serves on this unix socket', checkPath)
    .option('--http <addr:port|unix:path>', 'serve the HTTP and WebSocket API there', checkListenAddress)
    .version(version)
    .addHelpText('after', examples)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .parse([...argv], { from: 'user' })

  const { config: configPath, group: groups, busListen, busConnect, http: httpListen } = command.opts<RawFlags>()
  return {
    ...(configPath !== undefined && { configPath }),
    ...(groups !== undefined && { groups }),
    ...(busListen !== undefined && { bus: { listen: busListen } }),
    ...(busConnect !== undefined && { bus: { connect: busConnect } }),
    ...(httpListen !== undefined && { httpListen })
  }
}

/** A configuration with what the flags say in place of its own fields; fields beside those stay. */
export function applyFlags(config: Config, { groups, bus, httpListen }: Flags): Config {
  const { listen: _, connect: __, ...otherBus } = config.bus
  return {
    ...config,
    ...(groups && { groups }),
    ...(bus && { bus: { ...otherBus, ...bus } }),
    ...(httpListen !== undefined && { http: { ...config.http, listen: httpListen } })
  }
}

type Write = (text: string) => void

function addGroup(text: string, groups: GroupConfig[] = []): GroupConfig[] {
  const [, number, action] = /^(\d{1,5})(?:=(.+))?$/.exec(text) ?? []
  if (number === undefined || Number(number) > 65535) {
    throw new InvalidArgumentError('Write N or N=ACTION, N from 0 to 65535, such as 5=blocked.')
  }
  if (groups.some(({ group }) => group === Number(number))) throw new InvalidArgumentError('It is named twice.')
  return [...groups, { group: Number(number), ...(action !== undefined && { action }) }]
}

function checkListenAddress(text: string): string {
  if (parseListenAddress(text) !== undefined) return text
  throw new InvalidArgumentError(`Please ${listenAddressHint}.`)
}

function checkPath(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('Name the path of a socket.')
}
