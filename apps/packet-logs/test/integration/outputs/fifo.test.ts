import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { readCapture } from '@packet-logs/pcap'
import { describe, expect, it } from 'vitest'
import { lossesTold, openBench, packetNumbers, range, until, type Workbench, whole } from './workbench.js'

const fifo = (folder: string): string => join(folder, 'packets')
const isInstalled = (tool: string): boolean => spawnSync('which', [tool]).status === 0

/** Readers of captures as people start them; each prints a line per packet. */
const captureReaders = [
  { reader: 'tshark', command: 'tshark -l -n -r -', plain: 'tshark -l -n -i packets' },
  { reader: 'tcpdump', command: 'tcpdump -l -n -r -', plain: 'tcpdump -l -n -r packets' }
].filter(({ reader }) => reader === 'tshark' || isInstalled(reader))

/** A child and what it prints. */
function start(command: string, cwd: string): { child: ChildProcess; out: () => string } {
  const child = spawn('sh', ['-c', command], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const parts: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => parts.push(part))
  child.stderr?.resume()
  return { child, out: () => Buffer.concat(parts).toString() }
}

/** Ends a pipeline, all of it. */
async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  else return
  await exit
}

async function readersAre(bench: Workbench, isOpen: boolean): Promise<void> {
  await until(() => bench.stats().isOpen === isOpen, isOpen ? 'somebody reads' : 'nobody reads any more')
}

describe('an output to a FIFO', () => {
  it.each(
    captureReaders.flatMap(({ command, plain }) => [`cat packets | ${command}`, `tail -f packets | ${command}`, plain])
  )('is what `mkfifo packets; %s` wants', async command => {
    await using bench = await openBench(folder => {
      execFileSync('mkfifo', [fifo(folder)])
      return [{ to: 'fifo', path: fifo(folder) }]
    })
    const { child, out } = start(command, bench.folder)
    try {
      await readersAre(bench, true)
      for (let i = 0; i < 4; i++) {
        bench.send(25)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
      await until(() => out().split('\n').length > 100, 'every packet is shown')
      expect(out()).toContain('10.0.0.2')
      await until(() => bench.stats().queued === 0, 'every packet is counted')
      expect(bench.stats()).toMatchObject({ written: 100, dropped: 0, unread: 0 })
    } finally {
      await stop(child)
    }
    await readersAre(bench, false)
  })

  it('shows `tail -f` every line, of the first, too', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', format: 'spr', path: fifo(folder) }])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const { child, out } = start('exec tail -f packets', bench.folder)
    try {
      await readersAre(bench, true)
      bench.send(200)
      await until(() => packetNumbers(whole(out())).length === 200, 'every line is shown')
    } finally {
      await stop(child)
    }
    await readersAre(bench, false)
    expect(bench.stats()).toMatchObject({ written: 200, queued: 0, queuedBytes: 0 })
    expect(bench.said).toEqual([])
  })

  it('takes an end of file for the end where it is told that nobody is tail, and once tells who may not look', async () => {
    await using bench = await openBench(folder => [
      { to: 'fifo', name: 'never', format: 'spr', path: fifo(folder), endOften: false },
      { to: 'fifo', name: 'auto', format: 'spr', path: join(folder, 'own') }
    ])
    await until(() => existsSync(join(bench.folder, 'own')), 'the FIFOs are made')
    const { child, out } = start('exec tail -f packets', bench.folder)
    await readersAre(bench, true)
    // A reader of this very process is none of the others that /proc tells of.
    for (let i = 0; i < 2; i++) {
      const fd = openSync(join(bench.folder, 'own'), constants.O_RDONLY | constants.O_NONBLOCK)
      await until(() => bench.stats(1).isOpen, 'somebody reads')
      bench.send(5)
      await until(() => bench.stats(1).queued === 0, 'it is written')
      closeSync(fd)
      await until(() => !bench.stats(1).isOpen, 'nobody reads any more')
    }
    expect(out()).toBe('')
    expect(bench.said).toEqual([expect.stringMatching(/^output auto: \/proc does not tell.*set endOften: true$/)])
    await bench.close()
    await until(() => packetNumbers(whole(out())).length === 10, 'the end is met')
    await stop(child)
  })

  it('goes on when somebody removes the FIFO that waits for its turn', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', format: 'spr', path: fifo(folder) }])
    await until(() => existsSync(`${fifo(bench.folder)}.next`), 'the next FIFO is made')
    rmSync(`${fifo(bench.folder)}.next`)
    const readers = [start('exec cat packets', bench.folder)]
    await readersAre(bench, true)
    await until(() => existsSync(`${fifo(bench.folder)}.next`), 'the next FIFO is made again')
    const descriptors = readdirSync('/proc/self/fd').length
    readers.push(start('exec cat packets', bench.folder))
    await until(() => {
      bench.send(1)
      return readers.every(({ out }) => out() !== '')
    }, 'both read')
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(descriptors + 10)
    for (const { child } of readers) await stop(child)
  })

  it('lets readers come and go without keeping anything of them', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', path: fifo(folder) }])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const descriptors = readdirSync('/proc/self/fd').length
    const timer = setInterval(() => bench.send(3), 5)
    try {
      const loop = 'for i in $(seq 20); do head -c 24 packets | od -A n -t x4 | head -n 1; done'
      const { child, out } = start(loop, bench.folder)
      await once(child, 'close')
      expect(out()).toMatch(/^( a1b2c3d4 00040002.*\n){20}$/)
    } finally {
      clearInterval(timer)
    }
    await readersAre(bench, false)
    const { matched, written, unread, dropped, queued } = bench.stats()
    expect(written + unread + dropped + queued).toBe(matched)
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(descriptors + 10)
    expect(readdirSync(bench.folder).toSorted()).toEqual(['packets', 'packets.next'])
  })

  it('has one reader at a time where something else is at the place of the next FIFO, and leaves that alone', async () => {
    await using bench = await openBench(folder => {
      writeFileSync(`${fifo(folder)}.next`, 'precious')
      return [{ to: 'fifo', format: 'spr', path: fifo(folder) }]
    })
    await until(() => bench.said.length > 0, 'it is told')
    expect(bench.said[0]).toMatch(/only one can read .*packets at a time.*packets\.next is in the way/)
    const { child, out } = start('exec cat packets', bench.folder)
    await readersAre(bench, true)
    bench.send(10)
    await until(() => packetNumbers(whole(out())).length === 10, 'every line is read')
    await stop(child)
    await bench.close()
    expect(readFileSync(`${fifo(bench.folder)}.next`, 'utf8')).toBe('precious')
  })

  it.each(captureReaders)(
    'gives a header to each $reader that comes, one right after the other, under load',
    async ({ reader }) => {
      await using bench = await openBench(folder => [{ to: 'fifo', path: fifo(folder) }])
      await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
      const timer = setInterval(() => bench.send(5), 5)
      try {
        const loop = `for i in 1 2 3 4 5; do ${reader} -n -r - -c 7 < packets || echo failed; done`
        const { child, out } = start(loop, bench.folder)
        await once(child, 'exit')
        expect(out()).not.toContain('failed')
        expect(out().trim().split('\n')).toHaveLength(35)
      } finally {
        clearInterval(timer)
      }
      await readersAre(bench, false)
      expect(bench.stats().dropped).toBe(0)
    }
  )

  it('is a live interface to Wireshark', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', format: 'pcapng', path: fifo(folder) }])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const timer = setInterval(() => bench.send(1), 20)
    try {
      const fields = '-T fields -e frame.comment -e ip.dst'
      const { child, out } = start(`tshark -l -n -i packets -c 3 ${fields} || echo failed`, bench.folder)
      await once(child, 'close')
      expect(out()).toBe('drop:input\t10.0.0.2\n'.repeat(3))
    } finally {
      clearInterval(timer)
    }
  })

  it('gives several readers everything at once', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', format: 'spr', path: fifo(folder) }])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const first = start('cat packets', bench.folder)
    await readersAre(bench, true)
    const second = start('cat packets', bench.folder)
    await until(() => {
      bench.send(1)
      return second.out() !== ''
    }, 'the second reader gets something')
    const sent = bench.stats().seen
    const ended = Promise.all([first, second].map(({ child }) => once(child, 'close')))
    await bench.close()
    await ended
    expect(packetNumbers(first.out())).toEqual(range(sent))
    const late = packetNumbers(second.out())
    expect(late).toEqual(range(sent).slice(sent - late.length))
  })

  it('reads back as what was logged: pcapng, with prefix and mark', async () => {
    await using bench = await openBench(folder => [
      { to: 'fifo', format: 'pcapng', linkType: 'nflog', path: fifo(folder) }
    ])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const child = spawn('cat', [fifo(bench.folder)])
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    const closed = once(child, 'close')
    await readersAre(bench, true)
    bench.send(10)
    await bench.close()
    await closed
    let count = 0
    for await (const { linkType } of readCapture(Buffer.concat(parts))) {
      expect(linkType).toBe(239)
      count += 1
    }
    expect(count).toBe(10)
  })

  it('drops whole packets, counted, when a reader is slow, and never tears one', async () => {
    await using bench = await openBench(folder => [
      { to: 'fifo', format: 'spr', queueBytes: 65_536, path: fifo(folder) }
    ])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    const fd = openSync(fifo(bench.folder), constants.O_RDONLY | constants.O_NONBLOCK)
    await readersAre(bench, true)
    for (let i = 0; i < 40; i++) {
      bench.send(100)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(bench.stats().dropped).toBeGreaterThan(3000)
    const parts: Buffer[] = []
    const buffer = Buffer.alloc(65_536)
    const drain = (): void => {
      for (;;) {
        try {
          const length = readSync(fd, buffer)
          if (length === 0) return
          parts.push(Buffer.from(buffer.subarray(0, length)))
        } catch {
          return
        }
      }
    }
    await until(() => {
      drain()
      const { written, dropped } = bench.stats()
      return written + dropped === 4000
    }, 'everything is written or dropped')
    drain()
    const text = Buffer.concat(parts).toString()
    const numbers = packetNumbers(text)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(numbers).toHaveLength(bench.stats().written)
    expect(numbers.at(-1)).toBe(3999)
    expect(lossesTold(text)).toBe(bench.stats().dropped)
    closeSync(fd)
  })

  it('counts what comes while nobody reads, keeps none of it, and makes a FIFO that was removed again', async () => {
    await using bench = await openBench(folder => [{ to: 'fifo', path: fifo(folder), mode: '0640' }])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made')
    bench.send(10)
    expect(bench.stats()).toMatchObject({ matched: 10, unread: 10, written: 0, dropped: 0, queuedBytes: 0 })
    execFileSync('rm', [fifo(bench.folder)])
    await until(() => existsSync(fifo(bench.folder)), 'the FIFO is made again')
    const stat = statSync(fifo(bench.folder))
    expect(stat.isFIFO()).toBe(true)
    expect(stat.mode & 0o777).toBe(0o640)
    await bench.close()
    expect(readdirSync(bench.folder)).toEqual(['packets'])
  })

  it('leaves alone what is no FIFO', async () => {
    await using bench = await openBench(folder => {
      writeFileSync(fifo(folder), 'precious')
      return [{ to: 'fifo', path: fifo(folder) }]
    })
    await until(() => bench.stats().failures > 0, 'it has failed')
    expect(bench.said[0]).toContain('is no FIFO; move it away')
  })
})
