import { Option } from 'commander'
import type { Io } from '../../io.js'
import type { Recording } from '../../replay/recording.js'
import { parseGroup } from '../group.js'

/** What is taken for packets of a capture that does not say it. */
export interface RecordingOptions {
  prefix: string
  group: number
}

/** `--prefix` and `--group`. */
export function recordingOptions(): readonly [prefix: Option, group: Option] {
  const prefix = new Option('--prefix <text>', 'log prefix of packets in captures that carry none').default('test')
  const group = new Option('--group <n>', 'group of packets in captures that carry none')
  return [prefix, group.argParser(parseGroup).default(0)]
}

/** Opens a capture or a log of events, `-` for standard input. */
export async function openRecordingAt(io: Io, path: string, { prefix, group }: RecordingOptions): Promise<Recording> {
  const [{ openRecording }, { withBlank }] = await Promise.all([
    import('../../replay/recording.js'),
    import('../../nft/log-rule.js')
  ])
  const { stdin, signal } = io
  return openRecording({ path, stdin, signal, group, prefix: withBlank(prefix) })
}
