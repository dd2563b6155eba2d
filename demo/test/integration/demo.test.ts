import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PacketInfo } from '@packet-logs/decoder'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DemoOptions } from '../../src/index.js'

const built = new URL('../../dist/index.js', import.meta.url).href

/** The demo in a process of its own, with a folder of its own for temporary files. */
class Demo {
  stdout = ''
  stderr = ''
  readonly #process
  readonly #ended: Promise<[number | null]>

  constructor(temporary: string, options: DemoOptions, env: NodeJS.ProcessEnv = {}) {
    const script = `(await import('${built}')).runDemo(${JSON.stringify(options)})`
    this.#process = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NO_COLOR: '1', TMPDIR: temporary, ...env }
    })
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.#ended = once(this.#process, 'close') as Promise<[number | null]>
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Stops reading, as `| head` does once it has enough. */
  closeOutput(): void {
    this.#process.stdout.destroy()
  }

  async exitCode(): Promise<number | null> {
    return (await this.#ended)[0]
  }
}

/** Processes whose command line or environment names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
  const traces = pids.map(async pid => {
    const texts = await Promise.all(
      ['cmdline', 'environ'].map(file => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''))
    )
    return texts.some(text => text.includes(folder)) ? [`${pid}: ${texts[0] ?? ''}`] : []
  })
  return (await Promise.all(traces)).flat()
}

describeWithKernel('the demo', () => {
  let temporary: string
  let demo: Demo | undefined

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'packet-logs-demo-test-'))
  })

  afterEach(async () => {
    demo?.kill('SIGKILL')
    await rm(temporary, { recursive: true, force: true })
  })

  async function expectNothingLeft(): Promise<void> {
    expect(await readdir(temporary)).toEqual([])
    expect(await processesOf(temporary)).toEqual([])
  }

  it('prints one PacketInfo per line and nothing else: every protocol, both families, allowed and blocked', async () => {
    demo = new Demo(temporary, { json: true, seconds: 4 })
    expect(await demo.exitCode()).toBe(0)
    expect(demo.stderr).toContain('packet-logsd: ready')
    const packets = demo.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as PacketInfo)
    const has = (test: (packet: PacketInfo) => unknown): boolean => packets.some(packet => Boolean(test(packet)))
    for (const family of ['IP', 'IPv6'] as const) {
      for (const layer of ['TCP', 'UDP', 'DNS'] as const) {
        expect(
          has(packet => packet[family] && packet[layer]),
          `${family} ${layer}`
        ).toBe(true)
      }
    }
    expect(has(packet => packet.ICMPv4)).toBe(true)
    expect(has(packet => packet.ICMPv6)).toBe(true)
    expect(new Set(packets.map(({ Action }) => Action))).toEqual(new Set(['allowed', 'blocked']))
    await expectNothingLeft()
  })

  it('prints a line per packet that a person can read', async () => {
    demo = new Demo(temporary, { json: false, seconds: 2 })
    expect(await demo.exitCode()).toBe(0)
    expect(demo.stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} allowed wan:out +lan0→wan0 +DNS +192\.168\.2\.5:\d+ → 203\.0\.113\.53:53 \? www\.example\.org A$/m
    )
    await expectNothingLeft()
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends on %s and leaves nothing behind', async signal => {
    const running = new Demo(temporary, { json: true })
    demo = running
    await expect.poll(() => running.stdout.length, { timeout: 10_000 }).toBeGreaterThan(0)
    running.kill(signal)
    expect(await running.exitCode()).toBe(0)
    await expectNothingLeft()
  })

  it('ends when nobody reads its output any more', async () => {
    const running = new Demo(temporary, { json: false })
    demo = running
    await expect.poll(() => running.stdout.length, { timeout: 10_000 }).toBeGreaterThan(0)
    running.closeOutput()
    expect(await running.exitCode()).toBe(0)
    await expectNothingLeft()
  })

  it('leaves no process behind even when it is killed', async () => {
    const running = new Demo(temporary, { json: true })
    demo = running
    await expect.poll(() => running.stdout.length, { timeout: 10_000 }).toBeGreaterThan(0)
    running.kill('SIGKILL')
    expect(await running.exitCode()).toBe(null)
    await expect.poll(() => processesOf(temporary)).toEqual([])
  })

  it.each([
    [
      'a namespace cannot be made',
      {},
      { PATH: '/nowhere' },
      /No live packets: unshare cannot be run.*install util-linux/
    ],
    [
      'a tool is missing',
      { notLive: 'nft cannot be found. Type: …' },
      {},
      /No live packets: nft cannot be found\. Type: …/
    ]
  ])('says so and plays a capture where %s', async (_, options, env, message) => {
    demo = new Demo(temporary, { json: true, seconds: 3, ...options }, env)
    expect(await demo.exitCode()).toBe(0)
    expect(demo.stderr).toMatch(message)
    const packets = demo.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as PacketInfo)
    expect(packets.length).toBeGreaterThan(10)
    expect(packets.some(({ DNS }) => DNS)).toBe(true)
    expect(new Set(packets.map(({ Prefix }) => Prefix))).toContain('wan:out ')
    await expectNothingLeft()
  })
})
