import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { UsageError } from '../exit-code.js'
import { type Io, takesColor, write } from '../io.js'
import { parseGroup } from './group.js'

const formats = ['summary', 'layers', 'spr', 'ulogd', 'eve'] as const

interface DecodeOptions {
  format?: (typeof formats)[number]
  json?: true
  strict?: true
  prefix: string
  group: number
}

const help = `
HEX is one packet from its IP header on; blanks, colons and 0x are ignored. FILE is a capture (pcap, pcapng); - is standard
input.

Formats: summary  one line per packet (default for a file)
         layers   that, and what is in each layer (default for HEX)
         spr      PacketInfo, a JSON object per line; with --strict byte for byte what SPR's own service writes
         ulogd    the JSON of ulogd 2
         eve      the EVE JSON of Suricata

Examples:
  packet-logs decode 4500001c000100004011b7cf c0a80205 08080808 1f90 0035 0008 d87e
  packet-logs decode --json capture.pcapng | jq .TCP
  tcpdump -w - -c 10 | packet-logs decode -`

/** `packet-logs decode HEX|FILE`: what is in packets, without a bus. */
export function decodeCommand(io: Io): Command {
  return new Command('decode')
    .description('show what is in packets: of a capture, or typed as hexadecimal digits')
    .argument('<hex-or-file...>', 'bytes of one packet, a capture, or - for a capture on standard input')
    .addOption(new Option('-f, --format <format>', 'how to show them').choices(formats))
    .option('--json', 'the same as --format spr')
    .option('--strict', "with spr: only the keys of SPR's own service, which drops some packets")
    .option('--prefix <text>', 'log prefix of packets that carry none', 'decode')
    .option('--group <n>', 'group of packets that carry none', parseGroup, 0)
    .addHelpText('after', help)
    .action(async (words: readonly string[], options: DecodeOptions) => runDecode(io, words, options))
}

async function runDecode(io: Io, words: readonly string[], options: DecodeOptions): Promise<void> {
  const { decodeFormatter } = await import('../decode/formatter.js')
  const { openPackets } = await import('../decode/packets.js')
  const [path = ''] = words
  const isFile = words.length === 1 && (path === '-' || existsSync(path))
  if (options.strict && options.format !== 'spr' && !options.json)
    throw new UsageError('--strict belongs to --format spr')
  const format = options.json ? 'spr' : (options.format ?? (isFile ? 'summary' : 'layers'))
  const { signal, stdin } = io
  const source = isFile ? { path } : { hex: words.join('') }
  const packets = await openPackets(source, { stdin, signal, group: options.group, prefix: options.prefix })
  const formatPacket = decodeFormatter(format, {
    strict: options.strict,
    colors: pc.createColors(takesColor(io.stdout, io.env))
  })
  let shown = 0
  let unread = 0
  for await (const packet of packets) {
    if (signal.aborted) return
    const text = packet && formatPacket(packet)
    if (text === undefined) {
      unread++
      continue
    }
    shown++
    await write(io.stdout, `${text}\n`, signal)
  }
  if (unread > 0) io.stderr.write(`packet-logs: ${unread} packets left out: no IP, or dropped by --strict\n`)
  if (shown === 0) throw new Error(`${isFile ? path : 'the packet'} has nothing to show`)
}
