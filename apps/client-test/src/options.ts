import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Options {
  prefixes: readonly string[]
  socket: string | undefined
  /** Pattern of DNS names. */
  dns: string | undefined
  json: boolean
  timeoutMs: number | undefined
}

/** Called the wrong way; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const HELP = `Usage: packet-logs-client-test [PREFIX…] [options]

Prints the events of a packet-logs bus (or of SPR's) as they happen.

  PREFIX           beginning of the topics to print   (default: nft:wan:out)
  --dns PATTERN    also print each DNS look-up whose name matches; * stands for
                   anything, as in '*.example.org'. Without a PREFIX this reads
                   what the name server reports (dns:serve:) as well.
  --json           one JSON object per line: {"Topic":…,"Value":…}, and
                   {"LookUp":{"Name":…,"Client":…,"Answered":…,"Topic":…}}
  --socket PATH    socket of the bus   (default: the first usual one that answers)
  --timeout S      end after S seconds   (default: never)
  --help           print this

Examples:
  packet-logs-client-test                          who talks to the internet
  packet-logs-client-test nft:drop:                what the firewall blocks
  packet-logs-client-test --dns '*.example.org'    who looks up example.org's hosts
  packet-logs-client-test nft: --json | jq .Value.IP.DstIP

Ends with 0 on Ctrl-C, 1 when there is no bus, 2 when called the wrong way.
When the bus goes away it waits for it to come back, and says so.
`

const DEFAULT_PREFIX = 'nft:wan:out'
const NAME_SERVER_PREFIX = 'dns:serve:'
/** setTimeout takes no more milliseconds than fit in 31 bits. */
const MAX_SECONDS = 2_147_483

/** Reads the command line; undefined when it asks for help. */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values, positionals } = parse(argv)
  if (values.help === true) return undefined
  if (values.socket === '') throw new UsageError('--socket is empty: it must be the path of a socket')
  const defaults = values.dns === undefined ? [DEFAULT_PREFIX] : [DEFAULT_PREFIX, NAME_SERVER_PREFIX]
  return {
    prefixes: positionals.length > 0 ? positionals : defaults,
    socket: values.socket,
    dns: values.dns,
    json: values.json === true,
    timeoutMs: values.timeout === undefined ? undefined : parseSeconds(values.timeout)
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        socket: { type: 'string', short: 's' },
        dns: { type: 'string' },
        json: { type: 'boolean', short: 'j' },
        timeout: { type: 'string', short: 't' },
        help: { type: 'boolean', short: 'h' }
      }
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new UsageError(`--timeout is '${text}': it must be a number of seconds above 0`)
  }
  return Math.ceil(seconds * 1000)
}
