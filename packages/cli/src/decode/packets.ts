import type { Readable } from 'node:stream'
import type { LoggedPacket } from '@packet-logs/decoder'
import { UsageError } from '../exit-code.js'
import { withBlank } from '../nft/log-rule.js'
import { openRecording } from '../replay/recording.js'

export interface OpenPacketsOptions {
  stdin: Readable
  signal: AbortSignal
  /** For packets that do not carry them. */
  group: number
  prefix: string
}

const maxPacketBytes = 65_535

/**
 * Packets of a capture, or the one that is typed as hexadecimal digits; `undefined` for those without IP.
 *
 * @throws UsageError for a file that is no capture, and digits that are no bytes
 */
export async function openPackets(
  source: { path: string } | { hex: string },
  options: OpenPacketsOptions
): Promise<AsyncIterable<LoggedPacket | undefined> | Iterable<LoggedPacket>> {
  const prefix = withBlank(options.prefix)
  if ('hex' in source) return [{ group: options.group, prefix, payload: parseHex(source.hex) }]
  const recording = await openRecording({ ...options, path: source.path, prefix })
  if (recording.kind === 'capture') return recording.packets
  throw new UsageError(`${source.path} is no capture; events are shown by: packet-logs subscribe, replay`)
}

function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/0x|[\s:]/gi, '')
  if (digits === '' || !/^[\da-f]*$/i.test(digits)) {
    throw new UsageError(`"${text.slice(0, 40)}" is neither a file nor hexadecimal digits`)
  }
  if (digits.length % 2 === 1) throw new UsageError('the last byte has one digit only')
  if (digits.length > maxPacketBytes * 2) throw new UsageError(`a packet has at most ${maxPacketBytes} bytes`)
  return Buffer.from(digits, 'hex')
}
