import type { LoggedPacket } from '../logged-packet.js'
import { field, recordWords, word } from '../packet-layout.js'
import { writeConntrack } from './conntrack-writer.js'
import type { HeldPacket } from './fake-packet.js'

/** Packs packets into what the addon hands over for them: a table of records, their bytes, and the strings they use. */
export function writeBatch(packets: readonly HeldPacket[]): { buffer: ArrayBuffer; strings: Uint8Array[] } {
  const strings = new StringNumbers()
  const blobs = packets.map(({ payload, hwHeader, hwAddress, l2Header, conntrack }) =>
    [payload, hwHeader, hwAddress, l2Header, conntrack && writeConntrack(conntrack)].filter(blob => blob !== undefined)
  )
  const tableBytes = packets.length * recordWords * 4
  const buffer = new ArrayBuffer(tableBytes + blobs.flat().reduce((total, blob) => total + blob.length, 0))
  const words = new Uint32Array(buffer, 0, packets.length * recordWords)
  const bytes = new Uint8Array(buffer, tableBytes)
  let bytesAt = 0
  for (const [index, packet] of packets.entries()) {
    const record = words.subarray(index * recordWords, (index + 1) * recordWords)
    writeRecord(record, packet, strings)
    record[word.bytesAt] = bytesAt
    for (const blob of blobs[index] ?? []) {
      bytes.set(blob, bytesAt)
      bytesAt += blob.length
    }
  }
  return { buffer, strings: strings.list }
}

function writeRecord(record: Uint32Array, packet: HeldPacket, strings: StringNumbers): void {
  const timestampUs = packet.timestampUs ?? Math.trunc((performance.timeOrigin + performance.now()) * 1000)
  record[word.fields] = presentFields(packet)
  record[word.origin] = (packet.group << 16) | (packet.family << 8) | packet.hook
  record[word.types] = (packet.etherType << 16) | (packet.hwType ?? 0)
  record[word.mark] = packet.mark ?? 0
  record[word.timestampLow] = timestampUs % 0x1_0000_0000
  record[word.timestampHigh] = timestampUs / 0x1_0000_0000
  record[word.seq] = packet.seq ?? 0
  record[word.seqGlobal] = packet.seqGlobal ?? 0
  record[word.inIndex] = packet.inIndex ?? 0
  record[word.outIndex] = packet.outIndex ?? 0
  record[word.physInIndex] = packet.physInIndex ?? 0
  record[word.physOutIndex] = packet.physOutIndex ?? 0
  record[word.inName] = strings.numberOf(packet.inDevice)
  record[word.outName] = strings.numberOf(packet.outDevice)
  record[word.physInName] = strings.numberOf(packet.physInDevice)
  record[word.physOutName] = strings.numberOf(packet.physOutDevice)
  record[word.prefix] = strings.numberOf(packet.prefix)
  record[word.uid] = packet.uid ?? 0
  record[word.gid] = packet.gid ?? 0
  record[word.vlan] = ((packet.vlan?.protocol ?? 0) << 16) | (packet.vlan?.tci ?? 0)
  record[word.payloadSize] = packet.payload.length
  record[word.hwSizes] = ((packet.hwHeader?.length ?? 0) << 16) | (packet.hwAddress?.length ?? 0)
  record[word.l2Size] = packet.l2Header?.length ?? 0
}

/** Attributes that a packet has or has not. The kernel leaves out a mark of 0. */
const optionalFields = [
  ['mark', field.mark],
  ['timestampUs', field.timestamp],
  ['inIndex', field.inIndex],
  ['outIndex', field.outIndex],
  ['physInIndex', field.physInIndex],
  ['physOutIndex', field.physOutIndex],
  ['hwAddress', field.hwAddress],
  ['hwType', field.hwType],
  ['hwHeader', field.hwHeader],
  ['uid', field.uid],
  ['gid', field.gid],
  ['seq', field.seq],
  ['seqGlobal', field.seqGlobal],
  ['vlan', field.vlan],
  ['l2Header', field.l2Header],
  ['conntrack', field.conntrack]
] as const satisfies readonly (readonly [keyof LoggedPacket, number])[]

function presentFields(packet: HeldPacket): number {
  let fields: number = field.header
  for (const [name, bit] of optionalFields) {
    if (packet[name] !== undefined && !(name === 'mark' && packet.mark === 0)) fields |= bit
  }
  return fields
}

/** Strings by number; 0 is the empty one. */
class StringNumbers {
  readonly list: Uint8Array[] = []
  private readonly numbers = new Map<string, number>([['', 0]])

  numberOf(text: string | Uint8Array = ''): number {
    const bytes = Buffer.from(text)
    const key = bytes.toString('latin1')
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    const number = this.list.push(new Uint8Array(bytes))
    this.numbers.set(key, number)
    return number
  }
}
