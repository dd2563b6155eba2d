import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captureRecord, chunked } from '../test/arbitraries.js'
import { all, collect } from '../test/collect.js'
import { type CaptureWriter, writeCapture } from './capture-writer.js'
import type { CaptureRecord } from './captured-packet.js'
import { PcapError } from './errors.js'
import { createPcapWriter, encodePcapHeader } from './pcap-writer.js'
import { createPcapngWriter } from './pcapng-writer.js'
import { readCapture, readCaptureFile } from './read-capture.js'

const data = Uint8Array.of(0x45, 0, 0, 1)
const record: CaptureRecord = { linkType: 101, data, timestampUs: 1 }

async function written(records: readonly CaptureRecord[], writer?: CaptureWriter): Promise<Uint8Array> {
  return Buffer.concat(await all(writeCapture(records, writer)))
}

/** What pcap keeps of a record: one link type, time as fine as the file, no names and comments. */
function asPcap({ data, originalLength, timestampUs, extraNs }: CaptureRecord, nanoseconds: boolean): CaptureRecord {
  const kept = { linkType: 101, data, originalLength: originalLength ?? data.length, timestampUs: timestampUs ?? 0 }
  return nanoseconds ? { ...kept, extraNs: extraNs ?? 0 } : kept
}

const records = fc.array(captureRecord, { maxLength: 6 })

describe('what is written and read in any chunks', () => {
  it('is the same through pcapng', async () => {
    const file = records.chain(given =>
      fc.tuple(fc.constant(given), fc.constant(encoded(given, createPcapngWriter())).chain(chunked))
    )
    await fc.assert(
      fc.asyncProperty(file, async ([given, chunks]) => {
        expect(await all(readCapture(chunks))).toEqual(given)
      })
    )
  })

  it.each([false, true])('is the same through pcap, nanoseconds %s', async nanoseconds => {
    const file = records
      .map(given => given.map(each => ({ ...each, linkType: 101 })))
      .chain(given => {
        const writer = createPcapWriter({ linkType: 101, nanoseconds })
        return fc.tuple(fc.constant(given), fc.constant(encoded(given, writer)).chain(chunked))
      })
    await fc.assert(
      fc.asyncProperty(file, async ([given, chunks]) => {
        expect(await all(readCapture(chunks))).toEqual(given.map(each => asPcap(each, nanoseconds)))
      })
    )
  })
})

/** Where the interface descriptions of a pcapng file end; none in a pcap file. */
function interfaceEnds(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const ends: number[] = []
  if (view.getUint32(0) !== 0x0a0d0d0a) return ends
  for (let at = 0; at < file.length; ) {
    const isInterface = view.getUint32(at, true) === 1
    at += view.getUint32(at + 4, true)
    if (isInterface) ends.push(at)
  }
  return ends
}

function encoded(given: readonly CaptureRecord[], writer: CaptureWriter): Uint8Array {
  return Buffer.concat([writer.header(), ...given.map(each => writer.encode(each))])
}

describe.each([
  ['pcapng', (): CaptureWriter => createPcapngWriter({ comment: 'a test', application: 'packet-logs' })],
  ['pcap', (): CaptureWriter => createPcapWriter({ linkType: 101 })]
])('a %s file', (_, createWriter) => {
  const given: CaptureRecord[] = [
    { ...record, data: new Uint8Array(3), comments: ['hello'], interfaceName: 'wan0' },
    record,
    { ...record, data: new Uint8Array(0), interfaceName: 'wan0' }
  ]

  it('cut at every byte gives the packets before the cut and says that it is cut', async () => {
    const writer = createWriter()
    const headerEnd = writer.header().length
    const packetEnds: number[] = []
    for (const each of given) packetEnds.push((packetEnds.at(-1) ?? headerEnd) + writer.encode(each).length)
    const whole = encoded(given, createWriter())
    expect(whole.length).toBe(packetEnds.at(-1))
    const cleanEnds = [headerEnd, ...packetEnds, ...interfaceEnds(whole)]
    for (let cut = 0; cut <= whole.length; cut++) {
      const { items, error } = await collect(readCapture(whole.subarray(0, cut)))
      expect(items).toHaveLength(packetEnds.filter(end => end <= cut).length)
      if (cleanEnds.includes(cut)) expect(error).toBeUndefined()
      else expect(error).toMatchObject({ name: 'PcapError', code: 'PCAP_TRUNCATED' })
    }
  })

  it('with any bytes changed fails with nothing but a PcapError', async () => {
    const whole = encoded(given, createWriter())
    const changes = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(changes, async places => {
        const changed = Uint8Array.from(whole)
        for (const [place, value] of places) changed[place] = value
        const { error } = await collect(readCapture(changed))
        if (error !== undefined) expect(error).toBeInstanceOf(PcapError)
      }),
      { numRuns: 500 }
    )
  })

  it('begins again when its writer is asked for another header', async () => {
    const writer = createWriter()
    const first = encoded(given, writer)
    expect(encoded(given, writer)).toEqual(first)
  })
})

it('describes an interface once for each link type, name and precision', async () => {
  const writer = createPcapngWriter()
  writer.header()
  const lengthOf = (each: CaptureRecord): number => writer.encode(each).length
  const first = lengthOf(record)
  const again = lengthOf(record)
  expect(first - again).toBe(20)
  expect(lengthOf({ ...record, linkType: 228 })).toBe(first)
  expect(lengthOf({ ...record, interfaceName: '' })).toBeGreaterThan(first)
  expect(lengthOf({ ...record, extraNs: 0 })).toBeGreaterThan(first)
  expect(lengthOf({ ...record, interfaceName: '' })).toBe(again)
  expect(lengthOf({ ...record, extraNs: 5 })).toBe(again)
  expect(lengthOf({ ...record, linkType: 228 })).toBe(again)
})

it('writes chunks of about 64 KiB, pcapng unless told otherwise', async () => {
  const many = Array.from({ length: 500 }, () => ({ ...record, data: new Uint8Array(1000) }))
  const chunks = await all(writeCapture(many))
  expect(chunks.slice(0, -1).every(chunk => chunk.length >= 65_536 && chunk.length < 70_000)).toBe(true)
  expect(await all(readCapture(chunks))).toHaveLength(500)
  expect(chunks[0]?.subarray(0, 4)).toEqual(Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a))
})

it('writes a capture without packets', async () => {
  expect(await written([], createPcapWriter())).toEqual(Buffer.from(encodePcapHeader()))
  expect(await all(readCapture(await written([])))).toEqual([])
})

it('writes the packets of an asynchronous source to a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packet-logs-pcap-'))
  try {
    const path = join(folder, 'two.pcapng')
    async function* source(): AsyncGenerator<CaptureRecord> {
      yield record
      yield record
    }
    await writeFile(path, writeCapture(source()))
    expect(await all(readCaptureFile(path))).toHaveLength(2)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('names the field of a record that cannot be written', () => {
  const pcap = createPcapWriter()
  const pcapng = createPcapngWriter()
  expect(() => pcap.encode(record)).toThrow(/^linkType is 101 and the pcap file's is 239/)
  const nflog = { ...record, linkType: 239 }
  for (const writer of [pcap, pcapng]) {
    expect(() => writer.encode({ ...nflog, data: new Uint8Array(262_145) })).toThrow(/^data is 262145 bytes/)
    expect(() => writer.encode({ ...nflog, originalLength: -1 })).toThrow(/^originalLength is -1/)
    expect(() => writer.encode({ ...nflog, timestampUs: Number.NaN })).toThrow(/^timestampUs is NaN/)
  }
  expect(() => pcapng.encode({ ...record, comments: ['x'.repeat(65_536)] })).toThrow(/^comments is 65536 bytes/)
  expect(() => pcapng.encode({ ...record, interfaceName: 'x'.repeat(65_536) })).toThrow(/^interfaceName is 65536/)
})
