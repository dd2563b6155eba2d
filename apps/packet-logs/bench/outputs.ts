/* Processor time per packet of outputs, beside decoding it. Run: pnpm --filter @packet-logs/daemon bench:outputs */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodePacket, topicOf } from '@packet-logs/decoder'
import { outputsSchema } from '../src/outputs/config.js'
import type { OutputInput } from '../src/outputs/output-config.js'
import { openOutputs } from '../src/outputs/outputs.js'
import { logged } from './packets.js'

const warmUpPackets = 20_000
const packets = 60_000
/** Handed over before others get their turn, as a batch of the kernel's is. */
const batchPackets = 256
const sample = Array.from({ length: 1024 }, (_, index) => {
  const packet = logged(index)
  return { packet, topic: topicOf(packet.prefix), context: { action: packet.group === 1 ? 'blocked' : 'allowed' } }
})

const folder = mkdtempSync(join(tmpdir(), 'outputs-bench-'))

/** Microseconds of processor time per packet, all threads together, and bytes written per packet. */
async function measure(configs: readonly OutputInput[]): Promise<{ us: number; bytes: number; dropped: number }> {
  const outputs = await openOutputs(outputsSchema.parse(configs), { log: text => console.error(text) })
  await feed(warmUpPackets)
  const before = process.cpuUsage()
  const bytesBefore = written()
  await feed(packets)
  while (outputs.stats().some(({ queuedBytes }) => queuedBytes > 0))
    await new Promise(resolve => setTimeout(resolve, 5))
  const { user, system } = process.cpuUsage(before)
  const bytes = (written() - bytesBefore) / packets
  const dropped = outputs.stats().reduce((sum, { dropped }) => sum + dropped, 0)
  await outputs[Symbol.asyncDispose]()
  return { us: (user + system) / packets, bytes, dropped }

  function written(): number {
    return outputs.stats().reduce((sum, { writtenBytes }) => sum + writtenBytes, 0)
  }

  async function feed(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const one = sample[index % sample.length]
      if (one === undefined) throw new Error('no sample')
      outputs.packet(one.packet, decodePacket(one.packet), one.topic, one.context)
      if (index % batchPackets === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
}

const file = (format: 'spr' | 'ulogd' | 'eve' | 'summary' | 'pcap'): OutputInput => ({
  to: 'file',
  path: join(folder, format),
  format,
  queueBytes: 64 * 1024 * 1024,
  maxBytes: 16 * 1024 * 1024,
  keep: 1
})

/** Outputs that want nothing of what comes. */
const idle = (count: number, how: Partial<OutputInput>): OutputInput[] =>
  Array.from(
    { length: count },
    (_, index) => ({ to: 'file', path: join(folder, `idle-${index}`), ...how }) as OutputInput
  )

const filter = 'dst.port == 22 && inCidr(src.ip, "10.0.0.0/8")'
const cases: readonly [string, OutputInput[]][] = [
  ['none', []],
  ['a file, summary', [file('summary')]],
  ['a file, eve', [file('eve')]],
  ['a file, ulogd', [file('ulogd')]],
  ['a file, spr', [file('spr')]],
  ['a file, pcap', [file('pcap')]],
  ['two files, spr', [file('spr'), { ...file('spr'), path: join(folder, 'spr-2') } as OutputInput]],
  ['10 with another topic', idle(10, { match: 'alert:>' })],
  ['10 whose filter never matches', idle(10, { filter })],
  ['a FIFO that nobody reads', [{ to: 'fifo', path: join(folder, 'fifo') }]]
]

try {
  const { us: without } = await measure([])
  console.log(`${'outputs'.padEnd(32)} µs per packet   of it the outputs   bytes per packet   dropped`)
  for (const [name, configs] of cases) {
    const { us, bytes, dropped } = await measure(configs)
    const columns = [us.toFixed(2).padStart(13), (us - without).toFixed(2).padStart(19), bytes.toFixed(0).padStart(18)]
    console.log(`${name.padEnd(32)} ${columns.join('')} ${String(dropped).padStart(9)}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
