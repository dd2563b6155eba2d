import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readCaptureFile } from '@packet-logs/pcap'
import { describe, expect, it } from 'vitest'
import { openBench, packetNumbers, range, until } from './workbench.js'

const log = (folder: string): string => join(folder, 'nft.json')

/** Only root can make files of others, and only where it is root of more than itself. */
const hasOtherUsers =
  process.geteuid?.() === 0 && Number(readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)[2]) > 65_534

describe('an output to a file', () => {
  it('writes every event once, in order, readable by its owner only', async () => {
    await using bench = await openBench(folder => [{ to: 'file', path: log(folder), flushMs: 0 }])
    bench.send(5000)
    await bench.close()
    expect(packetNumbers(readFileSync(log(bench.folder), 'utf8'))).toEqual(range(5000))
    expect(statSync(log(bench.folder)).mode & 0o777).toBe(0o600)
    expect(bench.stats()).toMatchObject({ seen: 5000, matched: 5000, written: 5000, dropped: 0, queuedBytes: 0 })
    expect(bench.stats().writtenBytes).toBe(statSync(log(bench.folder)).size)
  })

  it('collects events for as long as it is told, and makes the file with the mode it is told', async () => {
    await using bench = await openBench(folder => [{ to: 'file', path: log(folder), flushMs: 300, mode: '0640' }])
    await until(() => existsSync(log(bench.folder)), 'the file is there')
    await new Promise(resolve => setTimeout(resolve, 50))
    bench.send(3)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(statSync(log(bench.folder)).size).toBe(0)
    await until(() => statSync(log(bench.folder)).size > 0, 'the events are written')
    expect(packetNumbers(readFileSync(log(bench.folder), 'utf8'))).toEqual([0, 1, 2])
    expect(statSync(log(bench.folder)).mode & 0o777).toBe(0o640)
  })

  it.each([false, true])(
    'rotates by size under load without losing or tearing an event (compressed: %s)',
    async compress => {
      const maxBytes = 50_000
      await using bench = await openBench(folder => [
        { to: 'file', path: log(folder), flushMs: 0, maxBytes, keep: 1000, compress }
      ])
      for (let i = 0; i < 20; i++) {
        bench.send(100)
        await new Promise(resolve => setTimeout(resolve, 2))
      }
      await until(() => bench.stats().written === 2000, 'every event is written')
      await bench.close()
      const names = readdirSync(bench.folder)
      const numbers = names.map(name => Number(/\.(\d+)/.exec(name)?.[1] ?? 0))
      const text = names
        .toSorted((a, b) => (numbers[names.indexOf(b)] ?? 0) - (numbers[names.indexOf(a)] ?? 0))
        .map(name => {
          const bytes = readFileSync(join(bench.folder, name))
          const content = name.endsWith('.gz') ? gunzipSync(bytes) : bytes
          expect(content.length).toBeLessThanOrEqual(maxBytes)
          return content.toString()
        })
        .join('')
      expect(packetNumbers(text)).toEqual(range(2000))
      expect(names.length).toBeGreaterThan(10)
      expect(names.filter(name => name.endsWith('.gz')).length).toBe(compress ? names.length - 1 : 0)
    }
  )

  it('keeps as many rotated files as it is told, of both kinds', async () => {
    await using bench = await openBench(folder => {
      writeFileSync(`${log(folder)}.1.gz`, 'of yesterday, compressed')
      return [{ to: 'file', path: log(folder), flushMs: 0, maxBytes: 4096, keep: 2 }]
    })
    bench.send(100)
    await bench.close()
    expect(readdirSync(bench.folder).toSorted()).toEqual(['nft.json', 'nft.json.1', 'nft.json.2'])
  })

  it('rotates a file that is old enough', async () => {
    await using bench = await openBench(folder => [{ to: 'file', path: log(folder), flushMs: 0, maxAgeSeconds: 1 }])
    bench.send(1)
    await until(() => bench.stats().written === 1, 'the first event is written')
    await new Promise(resolve => setTimeout(resolve, 1100))
    bench.send(1)
    await bench.close()
    expect(packetNumbers(readFileSync(`${log(bench.folder)}.1`, 'utf8'))).toEqual([0])
    expect(packetNumbers(readFileSync(log(bench.folder), 'utf8'))).toEqual([1])
  })

  it('goes on in a new file when logrotate moves, removes or cuts the old one', async () => {
    await using bench = await openBench(folder => [{ to: 'file', path: log(folder), flushMs: 0 }])
    const path = log(bench.folder)
    const write = async (): Promise<void> => {
      const before = bench.stats().written
      bench.send(1)
      await until(() => bench.stats().written > before, 'the event is written')
    }
    await write()
    renameSync(path, `${path}-moved`)
    await write()
    expect(packetNumbers(readFileSync(`${path}-moved`, 'utf8'))).toEqual([0])
    expect(packetNumbers(readFileSync(path, 'utf8'))).toEqual([1])
    rmSync(path)
    await write()
    expect(packetNumbers(readFileSync(path, 'utf8'))).toEqual([2])
    truncateSync(path)
    await write()
    expect(packetNumbers(readFileSync(path, 'utf8'))).toEqual([3])
    expect(bench.stats()).toMatchObject({ reconnects: 2, dropped: 0, failures: 0 })
  })

  it('begins on a line of its own behind one that a loss of power cut off', async () => {
    await using bench = await openBench(folder => {
      writeFileSync(log(folder), '{"Prefix":"a"}\n{"Pre')
      return [{ to: 'file', path: log(folder), flushMs: 0 }]
    })
    bench.send(1)
    await bench.close()
    const lines = readFileSync(log(bench.folder), 'utf8').split('\n')
    expect(lines.slice(0, 2)).toEqual(['{"Prefix":"a"}', '{"Pre'])
    expect(packetNumbers(`${lines[2] ?? ''}\n`)).toEqual([0])
  })

  it.each(['pcap', 'pcapng'] as const)('cuts off the half record that a loss of power left in a %s', async format => {
    const configure = (path: string) => [{ to: 'file', format, path, flushMs: 0 } as const]
    const folder = mkdtempSync(join(tmpdir(), 'outputs-'))
    const path = join(folder, 'capture')
    const send = async (count: number): Promise<void> => {
      await using bench = await openBench(() => configure(path))
      bench.send(count)
    }
    // More than one window of what looks for the end.
    await send(2000)
    const whole = statSync(path).size
    for (const torn of [1, 13, 30]) {
      truncateSync(path, whole - torn)
      await send(1)
      expect(statSync(path).size).toBe(whole)
    }
    let packets = 0
    for await (const { originalLength } of readCaptureFile(path)) packets += originalLength === 40 ? 1 : 0
    expect(packets).toBe(2000)
    rmSync(folder, { recursive: true })
  })

  it.runIf(hasOtherUsers)(
    'is not led elsewhere, nor read, by what another user put into a folder for all',
    async () => {
      await using bench = await openBench(folder => {
        for (const name of ['link', 'file', 'fifo']) mkdirSync(join(folder, name))
        writeFileSync(join(folder, 'precious'), 'precious')
        symlinkSync(join(folder, 'precious'), join(folder, 'link', 'a'))
        writeFileSync(join(folder, 'file', 'a'), '')
        execFileSync('mkfifo', [join(folder, 'fifo', 'a')])
        for (const name of ['link', 'file', 'fifo']) {
          lchownSync(join(folder, name, 'a'), 65_534, 65_534)
          chmodSync(join(folder, name), 0o1777)
        }
        return [
          { to: 'file', path: join(folder, 'link', 'a'), flushMs: 0 },
          { to: 'file', path: join(folder, 'file', 'a'), flushMs: 0 },
          { to: 'fifo', path: join(folder, 'fifo', 'a') }
        ]
      })
      bench.send(1)
      await until(() => bench.said.length >= 3, 'all have failed')
      for (const text of bench.said)
        expect(text).toMatch(/belongs to another user \(65534\), in a folder where anyone may/)
      expect(readFileSync(join(bench.folder, 'precious'), 'utf8')).toBe('precious')
      expect(statSync(join(bench.folder, 'file', 'a')).size).toBe(0)
    }
  )

  it('follows a link of its own user, to a file that is not there yet, too', async () => {
    await using bench = await openBench(folder => {
      symlinkSync(join(folder, 'elsewhere'), log(folder))
      return [{ to: 'file', path: log(folder), flushMs: 0 }]
    })
    bench.send(1)
    await bench.close()
    expect(packetNumbers(readFileSync(join(bench.folder, 'elsewhere'), 'utf8'))).toEqual([0])
  })

  it('waits for a folder that does not exist yet and says so once', async () => {
    await using bench = await openBench(folder => [{ to: 'file', path: join(folder, 'later', 'a'), flushMs: 0 }])
    bench.send(10)
    await until(() => bench.stats().failures >= 2, 'it has failed twice')
    mkdirSync(join(bench.folder, 'later'))
    await until(() => bench.stats().written === 10, 'the events are written')
    expect(bench.said).toHaveLength(2)
    expect(bench.said[0]).toMatch(/^output file:.*ENOENT.*; events wait, and it is tried again$/)
    expect(bench.said[1]).toMatch(/ works again$/)
  })

  it('does not write into what is no file', async () => {
    await using bench = await openBench(folder => {
      mkdirSync(log(folder))
      return [{ to: 'file', path: log(folder), flushMs: 0 }]
    })
    bench.send(1)
    await until(() => bench.stats().failures > 0, 'it has failed')
    expect(bench.stats().isOpen).toBe(false)
  })

  it('writes captures, each rotated one with a header of its own, and goes on in one of before', async () => {
    const configure = (path: string) => [
      { to: 'file', format: 'pcap', path, flushMs: 0, maxBytes: 4096, keep: 100 } as const
    ]
    await using bench = await openBench(folder => configure(join(folder, 'a.pcap')))
    const path = join(bench.folder, 'a.pcap')
    bench.send(200)
    await bench.close()
    let packets = 0
    for (const name of readdirSync(bench.folder)) {
      for await (const captured of readCaptureFile(join(bench.folder, name))) {
        expect(captured.linkType).toBe(101)
        packets += 1
      }
    }
    expect(packets).toBe(200)

    const before = statSync(path).size
    await using again = await openBench(() => configure(path))
    again.send(1)
    await again.close()
    expect(statSync(path).size).toBe(before + 56)
    appendFileSync(`${path}.other`, 'no capture')
    await using other = await openBench(() => configure(`${path}.other`))
    other.send(1)
    await other.close()
    expect(readFileSync(`${path}.other.1`, 'utf8')).toBe('no capture')
    expect(statSync(`${path}.other`).size).toBe(24 + 56)
  })
})
