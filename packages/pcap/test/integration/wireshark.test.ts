import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CaptureRecord,
  type CaptureWriter,
  createPcapngWriter,
  createPcapWriter,
  fromLoggedPacket,
  type LoggedPacket,
  readCaptureFile,
  toLoggedPacket,
  writeCapture
} from '../../src/index.js'
import { all } from '../collect.js'
import { bytesOf, foreignCapture } from '../foreign-capture.js'
import { describeWithWireshark, run, tsharkFields } from '../wireshark-tools.js'

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'))

/** IP 192.168.2.33.44321 > 93.184.216.34.8443: Flags [R.], seq 1000, ack 2000, win 501 */
const tcp = hex('45000028000700003f068325c0a802215db8d822ad2120fb000003e8000007d0501401f5db620000')
/** IP6 2001:db8::1.4000 > 2001:db8::2.53, 8 bytes of UDP */
const udp6 = hex(
  `6000000000081140${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'}0fa0003500080000`
)

const packets: LoggedPacket[] = [
  {
    group: 1,
    prefix: 'drop:input ',
    payload: tcp,
    family: 2,
    etherType: 0x0800,
    hook: 1,
    mark: 0xcafe,
    timestampUs: 1_700_000_122_000_010,
    timestampSource: 'kernel',
    inDevice: 'wlan0.4096',
    inIndex: 7,
    hwType: 1,
    hwHeader: hex('0a020e5e1a3e020a111633220800'),
    hwAddress: hex('020a11163322'),
    vlan: { protocol: 0x8100, tci: 5 },
    seq: 41,
    seqGlobal: 99
  },
  {
    group: 300,
    prefix: 'wan:out ',
    payload: udp6,
    family: 10,
    etherType: 0x86dd,
    hook: 3,
    timestampUs: 1_700_000_123_999_999,
    timestampSource: 'receive',
    outDevice: 'eth0',
    outIndex: 2,
    uid: 1000,
    gid: 100,
    originalLength: 1280
  }
]

/** What pcap, which has no comments, keeps of a packet. */
function withoutComment(packet: LoggedPacket): LoggedPacket {
  const rest = { ...packet }
  delete rest.originalLength
  delete rest.inDevice
  delete rest.outDevice
  return rest
}

describeWithWireshark('Wireshark as the judge', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logs-pcap-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function write(name: string, records: Iterable<CaptureRecord>, writer?: CaptureWriter): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, writeCapture(records, writer))
    return path
  }

  describe.each([
    ['pcap', (linkType: number): CaptureWriter => createPcapWriter({ linkType })],
    ['pcapng', (): CaptureWriter => createPcapngWriter({ application: 'packet-logs', comment: 'written by a test' })]
  ])('on %s', (format, createWriter) => {
    it('sees group, prefix, addresses and metadata in NFLOG records', async () => {
      const file = await write(`nflog.${format}`, packets.map(fromLoggedPacket), createWriter(239))
      const fields = [
        'nflog.family',
        'nflog.res_id',
        'nflog.prefix',
        'nflog.hook',
        'nflog.protocol',
        'nflog.uid',
        'nflog.gid',
        'nflog.ifindex_indev',
        'nflog.ifindex_outdev',
        'nflog.timestamp',
        'ip.src',
        'ip.dst',
        'tcp.dstport',
        'ipv6.src',
        'ipv6.dst',
        'udp.dstport',
        'frame.time_epoch',
        '_ws.malformed'
      ]
      const [kernel, received] = tsharkFields(file, fields)
      expect(kernel).toEqual([
        ...['2', '1', 'drop:input ', '1', '0x0800', '', '', '7', '', 'Nov 14, 2023 22:15:22.000010000 UTC'],
        ...['192.168.2.33', '93.184.216.34', '8443', '', '', '', '1700000122.000010000', '']
      ])
      expect(received).toEqual([
        ...['10', '300', 'wan:out ', '3', '0x86dd', '1000', '100', '', '2', ''],
        ...['', '', '', '2001:db8::1', '2001:db8::2', '53', '1700000123.999999000', '']
      ])
    })

    it('sees raw IP, original lengths and times', async () => {
      const records = [
        { linkType: 101, data: tcp, timestampUs: 1_700_000_122_000_010, originalLength: 1400 },
        { linkType: 101, data: udp6, timestampUs: 0 }
      ]
      const file = await write(`raw.${format}`, records, createWriter(101))
      expect(tsharkFields(file, ['ip.dst', 'ipv6.dst', 'frame.cap_len', 'frame.len', 'frame.time_epoch'])).toEqual([
        ['93.184.216.34', '', '40', '1400', '1700000122.000010000'],
        ['', '2001:db8::2', '48', '48', '0.000000000']
      ])
    })

    it('counts the packets and finds nothing wrong with the file', async () => {
      const file = await write(`count.${format}`, packets.map(fromLoggedPacket), createWriter(239))
      const report = run('capinfos', ['-M', '-c', '-t', '-E', file])
      expect(report).toMatch(/Number of packets:\s+2\n/)
      expect(report).toMatch(new RegExp(`File type:\\s+${format}\n`))
      expect(report).toMatch(/encapsulation:\s+nflog\n/)
    })
  })

  it('sees interface names, comments, mixed link types and nanoseconds in pcapng', async () => {
    const records: CaptureRecord[] = [
      ...packets.map(fromLoggedPacket),
      {
        linkType: 228,
        data: tcp,
        timestampUs: 1_700_000_122_000_010,
        extraNs: 7,
        interfaceName: 'tun0',
        comments: ['ä b']
      }
    ]
    const file = await write('mixed.pcapng', records)
    expect(tsharkFields(file, ['frame.interface_name', 'frame.comment', 'frame.time_epoch', 'ip.src'])).toEqual([
      ['nflog:1', 'in=wlan0.4096', '1700000122.000010000', '192.168.2.33'],
      ['nflog:300', 'out=eth0 length=1280', '1700000123.999999000', ''],
      ['tun0', 'ä b', '1700000122.000010007', '192.168.2.33']
    ])
  })

  it.each([
    ['pcapng', 'pcap'],
    ['pcapng', 'nsecpcap'],
    ['pcap', 'pcapng']
  ])('turns our %s into %s, which reads as the same packets', async (from, to) => {
    const written = await write(
      `from-${to}.${from}`,
      packets.map(fromLoggedPacket),
      from === 'pcap' ? createPcapWriter() : createPcapngWriter()
    )
    const converted = join(folder, `to-${from}.${to}`)
    run('editcap', ['-F', to, written, converted])
    const read = (await all(readCaptureFile(converted))).map(packet => toLoggedPacket(packet))
    expect(read).toEqual(packets.map(withoutComment))
  })

  it('keeps device names when it turns our pcapng into another pcapng', async () => {
    const written = await write('again.pcapng', packets.map(fromLoggedPacket))
    const converted = join(folder, 'again-by-editcap.pcapng')
    run('editcap', ['-F', 'pcapng', written, converted])
    expect((await all(readCaptureFile(converted))).map(packet => toLoggedPacket(packet))).toEqual(packets)
  })

  it('writes nanoseconds that we read', async () => {
    const record = { linkType: 101, data: tcp, timestampUs: 1_700_000_122_000_010, extraNs: 789 }
    const written = await write('ns.pcapng', [record])
    for (const format of ['nsecpcap', 'pcapng']) {
      const converted = join(folder, `ns-by-editcap.${format}`)
      run('editcap', ['-F', format, written, converted])
      expect(await all(readCaptureFile(converted))).toMatchObject([{ timestampUs: record.timestampUs, extraNs: 789 }])
    }
    const pcap = await write('ns.pcap', [record], createPcapWriter({ linkType: 101, nanoseconds: true }))
    expect(tsharkFields(pcap, ['frame.time_epoch'])).toEqual([['1700000122.000010789']])
  })

  it('merges captures into one with several interfaces, which we read', async () => {
    const nflog = await write('a.pcapng', packets.map(fromLoggedPacket))
    const raw = await write('b.pcap', [{ linkType: 101, data: tcp }], createPcapWriter({ linkType: 101 }))
    const merged = join(folder, 'merged.pcapng')
    run('mergecap', ['-a', '-w', merged, nflog, raw])
    const read = await all(readCaptureFile(merged))
    expect(read.map(packet => packet.linkType)).toEqual([239, 239, 101])
    expect(read.map(packet => toLoggedPacket(packet)?.payload)).toEqual([tcp, udp6, tcp])
  })

  it('agrees with us on files from a big-endian machine', async () => {
    const big = foreignCapture(false)
    const record = bytesOf([2, 0, 0, 9], [0, 7, 0, 10, 0x61, 0x20, 0, 0], [0, 4 + tcp.length, 0, 9], tcp)
    const files: [string, Uint8Array][] = [
      ['big.pcap', bytesOf(big.header({ linkType: 239 }), big.record(1, 5, record))],
      ['big.pcapng', bytesOf(big.section(), big.interface(239), big.packet({ low: 1_000_005 }, record))]
    ]
    for (const [name, bytes] of files) {
      const path = join(folder, name)
      await writeFile(path, bytes)
      const [packet] = await all(readCaptureFile(path))
      expect(packet && toLoggedPacket(packet)).toMatchObject({
        group: 9,
        prefix: 'a ',
        payload: tcp,
        timestampUs: 1_000_005
      })
      expect(tsharkFields(path, ['nflog.res_id', 'nflog.prefix', 'ip.src'])).toEqual([['9', 'a ', '192.168.2.33']])
      // What we write again is little-endian throughout.
      const again = await write(`again-${name}`, await all(readCaptureFile(path)))
      expect(tsharkFields(again, ['nflog.res_id', 'nflog.prefix', 'ip.src'])).toEqual([['9', 'a ', '192.168.2.33']])
    }
  })

  it('cuts records with editcap, and we read what is left of the packet', async () => {
    const record = fromLoggedPacket({ group: 1, prefix: 'p ', payload: tcp, family: 2 })
    const written = await write('whole.pcapng', [record])
    const cut = join(folder, 'cut.pcapng')
    run('editcap', ['-s', String(record.data.length - 12), written, cut])
    const [packet] = await all(readCaptureFile(cut))
    expect(packet && toLoggedPacket(packet)).toMatchObject({ payload: tcp.subarray(0, 28), originalLength: 40 })
  })
})
