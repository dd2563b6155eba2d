import { Command, InvalidArgumentError } from 'commander'
import type { ConfigInput } from './config/config.js'
import { listenAddressHint, parseListenAddress } from './config/listen-address.js'

/** What the command line says: the file to read, and the fields that override it. */
export interface Flags {
  configPath?: string
  config: ConfigInput
  /** In place of `http.listen`; the file's other fields of `http` stay. */
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
  group?: NonNullable<ConfigInput['groups']>
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
    .option('--bus-listen <path>', 'serve the bus on this unix socket')
    .option('--bus-connect <path>', 'publish to the bus that somebody else serves on this unix socket')
    .option('--http <addr:port|unix:path>', 'serve the HTTP and WebSocket API there', checkListenAddress)
    .version(version)
    .addHelpText('after', examples)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .parse([...argv], { from: 'user' })

  const {
    config: configPath,
    group: groups,
    busListen: listen,
    busConnect: connect,
    http: httpListen
  } = command.opts<RawFlags>()
  const bus = { ...(listen !== undefined && { listen }), ...(connect !== undefined && { connect }) }
  return {
    ...(configPath !== undefined && { configPath }),
    config: { ...(groups && { groups }), ...(Object.keys(bus).length > 0 && { bus }) },
    ...(httpListen !== undefined && { httpListen })
  }
}

type Write = (text: string) => void

function addGroup(text: string, groups: RawFlags['group'] = []): RawFlags['group'] {
  const [, number, action] = /^(\d{1,5})(?:=(.+))?$/.exec(text) ?? []
  if (number === undefined || Number(number) > 65535) {
    throw new InvalidArgumentError('Write N or N=ACTION, N from 0 to 65535, such as 5=blocked.')
  }
  return [...groups, { group: Number(number), ...(action !== undefined && { action }) }]
}

function checkListenAddress(text: string): string {
  if (parseListenAddress(text) !== undefined) return text
  throw new InvalidArgumentError(`Please ${listenAddressHint}.`)
}
