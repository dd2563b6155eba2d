import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { all, collect } from '../test/collect.js'
import { bytesOf, foreignCapture } from '../test/foreign-capture.js'
import { PcapError, type PcapErrorCode } from './errors.js'
import { readCapture, readCaptureFile } from './read-capture.js'

const data = Uint8Array.of(1, 2, 3, 4, 5)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const little = foreignCapture(true)

async function expectError(bytes: Uint8Array, code: PcapErrorCode, offset: number, delivered = 0): Promise<PcapError> {
  const { items, error } = await collect(readCapture(bytes))
  expect(items).toHaveLength(delivered)
  expect(error).toBeInstanceOf(PcapError)
  expect(error).toMatchObject({ name: 'PcapError', code, offset })
  return error as PcapError
}

describe.each([
  ['little', little],
  ['big', foreignCapture(false)]
])('a file in %s-endian order', (_, foreign) => {
  it('is read as pcap with microseconds', async () => {
    const file = bytesOf(foreign.header(), foreign.record(1_700_000_000, 123_456, data, { original: 1500 }))
    expect(await all(readCapture(file))).toEqual([
      { linkType: 101, data, originalLength: 1500, timestampUs: 1_700_000_000_123_456 }
    ])
  })

  it('is read as pcap with nanoseconds', async () => {
    const header = foreign.header({ nanoseconds: true, linkType: 1 })
    expect(await all(readCapture(bytesOf(header, foreign.record(7, 123_456_789, data))))).toEqual([
      { linkType: 1, data, originalLength: 5, timestampUs: 7_123_456, extraNs: 789 }
    ])
  })

  it('is read as pcapng with names, comments, clocks and snap length', async () => {
    const file = bytesOf(
      foreign.section(),
      foreign.interface(101, bytesOf(foreign.option(2, text('wan0')), foreign.option(0, data.subarray(0, 0))), 3),
      foreign.interface(1, bytesOf(foreign.option(9, Uint8Array.of(3)), foreign.option(14, foreign.int64(1000n)))),
      foreign.packet(
        { high: 0x0006_0a24, low: 0x181e_4000 },
        data,
        bytesOf(
          foreign.option(1, text('first')),
          foreign.option(2, Uint8Array.of(0, 0, 0, 1)),
          foreign.option(1, text('ä'))
        )
      ),
      foreign.packet({ interface: 1, low: 250, original: 60 }, data.subarray(0, 4)),
      foreign.block(3, bytesOf(foreign.uint32(9), data.subarray(0, 3)))
    )
    expect(await all(readCapture(file))).toEqual([
      {
        linkType: 101,
        data,
        originalLength: 5,
        timestampUs: 1_700_000_000_000_000,
        interfaceName: 'wan0',
        comments: ['first', 'ä']
      },
      { linkType: 1, data: data.subarray(0, 4), originalLength: 60, timestampUs: 1_000_250_000 },
      { linkType: 101, data: data.subarray(0, 3), originalLength: 9, interfaceName: 'wan0' }
    ])
  })

  it('passes over blocks that hold no packet', async () => {
    const file = bytesOf(
      foreign.section(),
      foreign.block(4, new Uint8Array(200_000)),
      foreign.interface(101),
      foreign.block(0x0bad, new Uint8Array(0)),
      foreign.block(5, foreign.uint32(0, 0, 0)),
      foreign.packet({}, data),
      foreign.block(0x0bad, data)
    )
    expect(await all(readCapture(file))).toHaveLength(1)
  })

  it('reads the packet blocks of old programs', async () => {
    const body = bytesOf(foreign.uint32(0), foreign.uint32(0, 8, 5, 5), data)
    const file = bytesOf(foreign.section(), foreign.interface(101), foreign.block(2, body))
    expect(await all(readCapture(file))).toEqual([{ linkType: 101, data, originalLength: 5, timestampUs: 8 }])
  })
})

it('starts over with interfaces and byte order in each section', async () => {
  const big = foreignCapture(false)
  const file = bytesOf(
    little.section(),
    little.interface(101, little.option(2, text('a'))),
    little.packet({}, data),
    big.section(),
    big.interface(1),
    big.packet({ low: 2 }, data)
  )
  expect(await all(readCapture(file))).toEqual([
    { linkType: 101, data, originalLength: 5, timestampUs: 0, interfaceName: 'a' },
    { linkType: 1, data, originalLength: 5, timestampUs: 2 }
  ])
  const unknown = bytesOf(file, big.section(), big.packet({}, data))
  expect((await expectError(unknown, 'PCAP_MALFORMED', file.length + 28, 2)).message).toContain('names interface 0')
})

it('takes the link type without what newer files put beside it', async () => {
  const file = bytesOf(little.header({ linkType: 0x1400_0001 }), little.record(0, 0, data))
  expect(await all(readCapture(file))).toMatchObject([{ linkType: 1 }])
})

it('reads headers alone as captures without packets', async () => {
  expect(await all(readCapture(little.header()))).toEqual([])
  expect(await all(readCapture(little.section()))).toEqual([])
})

it('hands out data that belongs to the packet, even if the source uses its buffer again', async () => {
  const file = bytesOf(little.header(), little.record(0, 0, data), little.record(1, 0, data))
  const buffer = new Uint8Array(8)
  function* source(): Generator<Uint8Array> {
    for (let at = 0; at < file.length; at += buffer.length) {
      buffer.fill(0xee)
      const part = file.subarray(at, at + buffer.length)
      buffer.set(part)
      yield buffer.subarray(0, part.length)
    }
  }
  expect((await all(readCapture(source()))).map(packet => packet.data)).toEqual([data, data])
})

describe('what cannot be read', () => {
  const packets = bytesOf(little.section(), little.interface(101), little.packet({}, data))

  it.each([
    ['nothing', new Uint8Array(0)],
    ['three bytes', little.header().subarray(0, 3)],
    ['half a pcap header', little.header().subarray(0, 23)],
    ['half a section header', little.section().subarray(0, 27)]
  ])('is cut off: %s', async (_, bytes) => {
    await expectError(bytes, 'PCAP_TRUNCATED', 0)
  })

  it('is cut off inside a block that is passed over', async () => {
    const block = little.block(0x0bad, new Uint8Array(100_000))
    await expectError(bytesOf(packets, block.subarray(0, 70_000)), 'PCAP_TRUNCATED', packets.length, 1)
    await expectError(bytesOf(packets, block.subarray(0, -4)), 'PCAP_TRUNCATED', packets.length, 1)
    await expectError(bytesOf(packets, block.subarray(0, -1)), 'PCAP_TRUNCATED', packets.length, 1)
  })

  it.each([
    ['text', text('{"topic":"nft:wan:in"}\n'), /neither pcap nor pcapng .*editcap/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), /gunzip/],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), /zstd -d/],
    ['a pcap of another version', little.header({ major: 3 }), /version 3\.4/],
    ['a pcapng of another version', little.section({ major: 2 }), /version 2\.0/]
  ])('is of an unknown kind: %s', async (_, bytes, message) => {
    expect((await expectError(bytes, 'PCAP_UNSUPPORTED', 0)).message).toMatch(message)
  })

  it('is a later section of an unknown version', async () => {
    await expectError(bytesOf(packets, little.section({ major: 9 })), 'PCAP_UNSUPPORTED', packets.length, 1)
  })

  it.each([
    ['a section without byte order', little.section({ magic: 0x1234_5678 })],
    ['a block shorter than its frame', little.block(0x0bad, data, { length: 8 })],
    ['a packet block shorter than its fields', little.block(6, little.uint32(0, 0))],
    ['a length that is no multiple of four', little.block(0x0bad, data, { length: 21 })],
    ['two lengths that differ', little.block(6, new Uint8Array(20), { trailer: 36 })],
    ['two lengths that differ around a block that is passed over', little.block(0x0bad, data, { trailer: 24 })],
    ['a packet longer than its block', little.packet({ length: 9 }, data)],
    ['a packet with a length of 2^32-1', little.packet({ length: 0xffff_ffff }, data)],
    ['a packet of an interface that is not described', little.packet({ interface: 1 }, data)],
    ['an option longer than its block', little.packet({}, data, little.uint32(0xffff_0001))]
  ])('is damaged: %s', async (_, block) => {
    await expectError(bytesOf(packets, block), 'PCAP_MALFORMED', packets.length, 1)
  })

  it('is larger than it may be', async () => {
    const record = little.record(0, 0, data, { length: 0xffff_ffff })
    const pcap = bytesOf(little.header(), little.record(0, 0, data), record)
    expect((await expectError(pcap, 'PCAP_LIMIT', 45, 1)).message).toContain('maxRecordBytes (1048576)')
    const block = little.block(6, data, { length: 0xffff_fff0 })
    await expectError(bytesOf(packets, block), 'PCAP_LIMIT', packets.length, 1)
  })

  it('is larger than the caller allows', async () => {
    const pcap = bytesOf(little.header(), little.record(0, 0, data))
    expect(await all(readCapture(pcap, { maxRecordBytes: 5 }))).toHaveLength(1)
    const { error } = await collect(readCapture(pcap, { maxRecordBytes: 4 }))
    expect(error).toMatchObject({ code: 'PCAP_LIMIT', offset: 24 })
  })

  it('describes interfaces without end', async () => {
    const endless = bytesOf(little.section(), ...Array.from({ length: 100 }, () => little.interface(101)))
    expect(await all(readCapture(endless, { maxRecordBytes: 1600 }))).toEqual([])
    const { error } = await collect(readCapture(endless, { maxRecordBytes: 1599 }))
    expect(error).toMatchObject({ code: 'PCAP_LIMIT', offset: 28 + 99 * 20 })
    // Another section forgets them.
    expect(await all(readCapture(bytesOf(endless, endless), { maxRecordBytes: 1600 }))).toEqual([])
  })
})

it('holds no more of a huge block than has arrived, and lets go of what it passes over', async () => {
  function* source(): Generator<Uint8Array> {
    yield bytesOf(little.section(), little.uint32(0x0bad, 512 * 1024 * 1024))
    const zeros = new Uint8Array(1024 * 1024)
    for (let megabytes = 0; megabytes < 64; megabytes++) yield zeros
  }
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  function* watched(): Generator<Uint8Array> {
    for (const chunk of source()) {
      yield chunk
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
  }
  const { error } = await collect(readCapture(watched()))
  expect(error).toMatchObject({ code: 'PCAP_TRUNCATED', offset: 28 })
  expect(most).toBeLessThan(8 * 1024 * 1024)
})

it('names a wrong argument', async () => {
  expect(() => readCapture([], { maxRecordBytes: 0 })).toThrow(/^maxRecordBytes is 0/)
  expect(() => readCapture([], { maxRecordBytes: Number.NaN })).toThrow(RangeError)
  const { error } = await collect(readCapture(['text'] as unknown as Uint8Array[]))
  expect(error).toBeInstanceOf(TypeError)
})

it('passes on what its source throws, after the packets before', async () => {
  const failure = new Error('the disk is gone')
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytesOf(little.header(), little.record(0, 0, data), data)
    throw failure
  }
  const { items, error } = await collect(readCapture(source()))
  expect(items).toHaveLength(1)
  expect(error).toBe(failure)
})

it('closes its source when the reader stops early', async () => {
  let closed = false
  function* source(): Generator<Uint8Array> {
    try {
      yield little.header()
      for (;;) yield little.record(0, 0, data)
    } finally {
      closed = true
    }
  }
  for await (const packet of readCapture(source())) {
    expect(packet.data).toEqual(data)
    break
  }
  expect(closed).toBe(true)
})

it('reads a file by path and by URL', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packet-logs-pcap-'))
  try {
    const path = join(folder, 'one.pcap')
    await writeFile(path, bytesOf(little.header(), little.record(0, 0, data)))
    expect(await all(readCaptureFile(path))).toHaveLength(1)
    expect(await all(readCaptureFile(pathToFileURL(path)))).toHaveLength(1)
    const { error } = await collect(readCaptureFile(join(folder, 'none.pcap')))
    expect(error).toMatchObject({ code: 'ENOENT' })
  } finally {
    await rm(folder, { recursive: true })
  }
})
