import { parseArgs } from 'node:util'

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  /** Events offered per second, a run for each. */
  rates: readonly number[]
  /** Seconds for which the generator sends in each run. */
  seconds: number
  /** Log rules of nft that each packet meets, so that the generator is not the limit. */
  logRules: number
  /** Rules in force in the daemon, in runs beside those without; 0: no such runs. */
  rules: number
  /** Whether the time to a WebSocket client is measured, and not the throughput. */
  latency: boolean
  /** Bytes of each packet, from the IP header on. */
  packetBytes: number
  json: boolean
}

export const usage = `Usage: npm run bench [-- OPTIONS]

Generator → nft log → packet-logsd → bus → one subscribing process that counts, in a private network namespace.

  --rates A,B,…   events offered per second, a run for each   (50000,100000,200000,300000,400000)
  --seconds N     length of each run                          (3)
  --log-rules N   log rules of nft that each packet meets     (4)
  --rules N       for each rate also runs with N rules in force in the daemon, of rules.yaml and of notifications.json,
                  of which a packet is a candidate for one    (0)
  --latency       time from the generator to a WebSocket client that holds the notification, one for each packet; the
                  rate is then 1000 unless it is given, and a packet meets one log rule
  --bytes N       bytes of each packet, 29 to 1500            (60)
  --json          one JSON object per run on stdout
  --help          this text
`

/**
 * Parses the command line.
 *
 * @returns undefined when help is asked for
 * @throws TypeError that names a wrong option
 */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rates: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      'log-rules': { type: 'string' },
      rules: { type: 'string', default: '0' },
      latency: { type: 'boolean', default: false },
      bytes: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) return undefined
  const { latency } = values
  const rates = values.rates ?? (latency ? '1000' : '50000,100000,200000,300000,400000')
  return {
    rates: rates.split(',').map(rate => integerWithin('--rates', rate, 1, 100_000_000)),
    seconds: integerWithin('--seconds', values.seconds, 1, 600),
    logRules: integerWithin('--log-rules', values['log-rules'] ?? (latency ? '1' : '4'), 1, 64),
    rules: integerWithin('--rules', values.rules, 0, 19_000),
    latency,
    packetBytes: integerWithin('--bytes', values.bytes, 29, 1500),
    json: values.json
  }
}

function integerWithin(option: string, text: string, lowest: number, highest: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value
  throw new TypeError(`${option} takes whole numbers from ${lowest} to ${highest}, not ${text}`)
}
