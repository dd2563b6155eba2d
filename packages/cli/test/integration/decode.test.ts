import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPcapngWriter, fromLoggedPacket, LINKTYPE_RAW } from '@packet-logs/pcap'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandPath } from '../support/run-command.js'

const udp = '4500001c000100004011b7cfc0a80205080808081f9000350008d87e'

describe('packet-logs decode', () => {
  let directory: string
  let capture: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'packet-logs-decode-'))
    capture = join(directory, 'a.pcapng')
    const writer = createPcapngWriter()
    const payload = Buffer.from(udp, 'hex')
    const records = [
      fromLoggedPacket({
        group: 1,
        prefix: 'drop:input ',
        payload,
        timestampUs: 1_700_000_000_000_000,
        inDevice: 'wan0'
      }),
      { linkType: LINKTYPE_RAW, data: payload, timestampUs: 1_700_000_001_000_000 },
      { linkType: 9999, data: payload }
    ]
    writeFileSync(capture, Buffer.concat([writer.header(), ...records.map(record => writer.encode(record))]))
  })

  afterAll(() => rmSync(directory, { recursive: true }))

  const decode = (
    args: readonly string[],
    input?: Buffer
  ): { stdout: string; stderr: string; status: number | null } => {
    return spawnSync(process.execPath, [commandPath, 'decode', ...args], { encoding: 'utf8', input })
  }

  it('shows a line per packet of a capture, and says what it left out', () => {
    const { stdout, stderr, status } = decode([capture])
    expect(stdout).toBe(
      '22:13:20.000 blocked drop:input   wan0        UDP    192.168.2.5:8080 → 8.8.8.8:53\n' +
        '22:13:21.000 allowed decode                   UDP    192.168.2.5:8080 → 8.8.8.8:53\n'
    )
    expect(stderr).toContain('1 packets left out')
    expect(status).toBe(0)
  })

  it('shows what is in each layer of a packet that is typed, however its digits are grouped', () => {
    const { stdout } = decode([udp])
    expect(stdout).toContain('  UDP      SrcPort=8080 DstPort=53 Length=8')
    expect(stdout).toContain('  IP       Version=4 IHL=5')
    const grouped = decode(['0x45 00:00:1c', ...(udp.slice(8).match(/.{1,4}/g) ?? [])])
    expect(withoutTime(grouped.stdout)).toBe(withoutTime(stdout))
  })

  it('writes each format, a JSON object per line', () => {
    const linesOf = (...args: string[]): Record<string, unknown>[] => {
      const lines = decode([...args, capture])
        .stdout.trimEnd()
        .split('\n')
      return lines.map(line => JSON.parse(line) as Record<string, unknown>)
    }
    expect(linesOf('--json')[0]).toMatchObject({ Prefix: 'drop:input ', IP: { DstIP: '8.8.8.8' }, Meta: {} })
    expect(linesOf('--json', '--strict')[0]).not.toHaveProperty('Meta')
    expect(linesOf('-f', 'ulogd')[0]).toMatchObject({ 'oob.prefix': 'drop:input ', dest_ip: '8.8.8.8' })
    expect(linesOf('-f', 'eve')[1]).toMatchObject({ dest_ip: '8.8.8.8', dest_port: 53 })
  })

  it('reads a capture from standard input', () => {
    expect(decode(['-', '--prefix', 'mine'], readCapture()).stdout).toContain('allowed mine ')
  })

  it('shows what can be read of a broken packet, and why no more', () => {
    expect(decode([udp.slice(0, 44)]).stdout).toContain('cannot be decoded: UDP')
  })

  it.each([
    [['zz'], 'neither a file nor hexadecimal digits'],
    [['450'], 'the last byte has one digit only'],
    [[commandPath], 'is no capture'],
    [['--strict', udp], '--strict belongs to --format spr'],
    [['-f', 'xml', udp], 'summary, layers, spr, ulogd, eve'],
    [['--group', '65536', udp], 'from 0 to 65535']
  ])('says what is wrong with %j and ends with 2', (args, message) => {
    const { stderr, status } = decode(args)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })

  function readCapture(): Buffer {
    const payload = Buffer.from(udp, 'hex')
    const writer = createPcapngWriter()
    return Buffer.concat([writer.header(), writer.encode({ linkType: LINKTYPE_RAW, data: payload })])
  }
})

function withoutTime(text: string): string {
  return text.replace(/^\S+ /, '')
}
