import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { expect, it } from 'vitest'
import { lossesTold, openBench, packetNumbers, until } from './workbench.js'

/** A file system of a few pages, visible to nobody else. */
class TinyDisk implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #mountPoint = mkdtempSync(join(tmpdir(), 'tiny-disk-'))

  constructor(bytes: number) {
    const script = 'mount -t tmpfs -o size="$1" tiny "$2" && echo mounted && exec sleep 60'
    this.#child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', String(bytes), this.#mountPoint])
  }

  async mounted(): Promise<this> {
    let said = ''
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (part: Buffer) => {
        said += part.toString()
      })
    }
    await until(() => said !== '' || this.#child.exitCode !== null, 'the disk is mounted')
    if (!said.startsWith('mounted')) throw new Error(`no tmpfs can be mounted here: ${said}`)
    return this
  }

  get folder(): string {
    return `/proc/${this.#child.pid ?? 0}/root${this.#mountPoint}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
    rmSync(this.#mountPoint, { recursive: true, force: true })
  }
}

describeWithKernel('an output to a full disk', () => {
  it('counts what it loses, hurts nobody else, tears no line, and goes on by itself when there is room', async () => {
    await using disk = await new TinyDisk(163_840).mounted()
    const path = join(disk.folder, 'nft.json')
    const ballast = join(disk.folder, 'ballast')
    writeFileSync(ballast, Buffer.alloc(114_688))
    await using bench = await openBench(folder => [
      { to: 'file', name: 'full', path, flushMs: 0, queueBytes: 65_536 },
      { to: 'file', name: 'healthy', path: join(folder, 'nft.json'), flushMs: 0 }
    ])
    for (let i = 0; i < 40; i++) {
      bench.send(10)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    await until(() => bench.stats().failures > 0, 'the disk is full')
    expect(bench.stats().lastError).toMatch(/ENOSPC/)
    expect(statfsSync(disk.folder).bavail).toBeLessThan(2)
    // Whoever reads the file meanwhile finds whole lines.
    expect(packetNumbers(readFileSync(path, 'utf8')).length).toBeGreaterThan(10)
    await until(() => bench.stats(1).written === 400, 'the other output has written everything')
    expect(bench.stats().dropped).toBeGreaterThan(100)

    rmSync(ballast)
    bench.send(1)
    await until(() => bench.stats().queuedBytes === 0 || bench.stats().failures > 20, 'it goes on')
    const text = readFileSync(path, 'utf8')
    const numbers = packetNumbers(text)
    expect(numbers.at(-1)).toBe(400)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(lossesTold(text)).toBe(bench.stats().dropped)
    expect(bench.stats().written + bench.stats().dropped).toBe(401)
    expect(bench.said.filter(text => text.includes('output full'))).toEqual([
      expect.stringMatching(/ENOSPC.*events wait, and it is tried again/),
      `output full: works again; ${bench.stats().dropped} events were lost meanwhile`
    ])
  })
})
