import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodePacket, type LoggedPacket, topicOf } from '@packet-logs/decoder'
import { outputsSchema } from '../../../src/outputs/config.js'
import type { OutputInput } from '../../../src/outputs/output-config.js'
import { type OutputStats, type Outputs, openOutputs } from '../../../src/outputs/outputs.js'

const tcpSyn = '4500002800004000400600000a0000010a000002' + '9c40005000000000000000005002faf000000000'
/** 2026-01-01T00:00:00Z. */
const startUs = 1_767_225_600_000_000

/** Outputs that are open, a folder for them, and what they said. */
export interface Workbench extends AsyncDisposable {
  readonly folder: string
  readonly outputs: Outputs
  readonly said: readonly string[]
  /** Hands packets to the outputs; packet N has N in its TCP sequence number, `mark` and time. */
  send(count: number, prefix?: string): void
  stats(index?: number): OutputStats
  close(): Promise<void>
}

/** Opens outputs in a new folder. */
export async function openBench(configure: (folder: string) => OutputInput[]): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'))
  const said: string[] = []
  const outputs = await openOutputs(outputsSchema.parse(configure(folder)), { log: text => void said.push(text) })
  let next = 0
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= Promise.resolve(outputs[Symbol.asyncDispose]())
    return closing
  }
  return {
    folder,
    outputs,
    said,
    send(count, prefix = 'drop:input ') {
      for (let i = 0; i < count; i++) {
        const logged = packet(next++, prefix)
        outputs.packet(logged, decodePacket(logged), topicOf(prefix), { action: 'blocked' })
      }
    },
    stats(index = 0) {
      const stats = outputs.stats()[index]
      if (stats === undefined) throw new Error(`there is no output ${index}`)
      return stats
    },
    close,
    async [Symbol.asyncDispose]() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Packet `number`: a TCP SYN. */
function packet(number: number, prefix = 'drop:input '): LoggedPacket {
  const payload = Buffer.from(tcpSyn, 'hex')
  payload.writeUInt32BE(number, 24)
  return { group: 1, prefix, payload, mark: number, family: 2, etherType: 0x0800, timestampUs: startUs + number }
}

/** Waits until something holds; fails after ten seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The numbers of the packets whose `spr` lines a text holds. Fails at a torn line. */
export function packetNumbers(text: string): number[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the text ends within a line: …${text.slice(-80)}`)
  const numbers: number[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const event = JSON.parse(line) as { TCP?: { Seq: number } }
    if (event.TCP !== undefined) numbers.push(event.TCP.Seq)
  }
  return numbers
}

/** The lines of a text; a last one that is not all there is left out. */
export function whole(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

/** What a text tells was lost. */
export function lossesTold(text: string): number {
  let lost = 0
  for (const line of text.split('\n')) {
    if (!line.startsWith('{"Topic":"output:gap"')) continue
    lost += (JSON.parse(line) as { Value: { lost: number } }).Value.lost
  }
  return lost
}

/** 0 to `count` - 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
