import { Readable } from 'node:stream'
import { readCapture, toLoggedPacket } from '@packet-logs/pcap'
import { again, type InputOptions, readInput } from '../input.js'
import { readLines } from '../lines.js'

/** A file as what it turned out to be. */
export type Recording =
  | { kind: 'capture'; packets: AsyncIterable<CapturedPacketOrNot> }
  | { kind: 'lines'; lines: AsyncIterable<string> }

type LoggedPacket = NonNullable<ReturnType<typeof toLoggedPacket>>
/** `undefined` for a packet of a link type that carries no IP packet. */
type CapturedPacketOrNot = LoggedPacket | undefined

export interface OpenRecordingOptions extends InputOptions {
  /** A path, or `-` for standard input. */
  path: string
  /** For packets of captures that do not carry them. */
  group: number
  prefix: string
}

/** First bytes of pcap, in both byte orders and resolutions, and of pcapng. */
const captureMagics = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a']

/**
 * Opens a capture (pcap, pcapng) or a log of events (a JSON object per line), told apart by their first bytes.
 *
 * @throws what {@link readInput} does; later, whatever is wrong in the middle of it
 */
export async function openRecording(options: OpenRecordingOptions): Promise<Recording> {
  const { path, stdin, signal, group, prefix } = options
  const chunks = readInput(path, { stdin, signal })
  const next = await chunks.next()
  const first = next.done === true ? Buffer.alloc(0) : next.value
  const whole = again([first], chunks)
  if (captureMagics.includes(first.toString('hex', 0, 4))) {
    return { kind: 'capture', packets: readPackets(whole, { group, prefix }) }
  }
  return { kind: 'lines', lines: readLines(Readable.from(whole, { objectMode: false }), signal) }
}

async function* readPackets(
  chunks: AsyncIterable<Uint8Array>,
  defaults: { group: number; prefix: string }
): AsyncGenerator<CapturedPacketOrNot> {
  for await (const captured of readCapture(chunks)) yield toLoggedPacket(captured, defaults)
}
