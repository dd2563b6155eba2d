import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { type Lab, openLab } from '@packet-logs/lab'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/diagnose.js'
import { commandPath } from '../support/run-command.js'

describeWithKernel('packet-logs doctor', () => {
  let lab: Lab
  let directory: string
  let bus: BusServer

  beforeEach(async () => {
    lab = await openLab()
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-doctor-'))
    bus = await listenBus({ path: join(directory, 'bus.sock') })
  })

  afterEach(async () => {
    await bus.close()
    await lab.close()
    await rm(directory, { recursive: true })
  })

  const doctor = async (...args: string[]): Promise<{ stdout: string; stderr: string; exitCode: unknown }> => {
    const child = lab.spawn(process.execPath, [commandPath, 'doctor', '--seconds', '0.6', ...args], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { stdout, stderr, exitCode }
  }

  const problems = (stdout: string): string[] => {
    const { findings } = JSON.parse(stdout) as { findings: Finding[] }
    return findings.filter(({ severity }) => severity === 'problem').map(({ about }) => about)
  }

  it('explains a system without log rules and without a bus, each with its way out', async () => {
    const { stdout, stderr, exitCode } = await doctor('--socket', join(directory, 'nothing.sock'))
    expect(exitCode).toBe(1)
    expect(stdout).toContain('problem no nft rule logs to a group, so there is nothing to read\n')
    expect(stdout).toContain('→ packet-logs nft install\n')
    expect(stdout).toMatch(/problem no bus answers at .*nothing\.sock\n/)
    expect(stderr).toContain('2 problems found')
  })

  it('sees packets that are logged while nobody reads the group and nothing comes out', async () => {
    await lab.nft('table ip t { chain c { type filter hook output priority 0; counter log prefix "x " group 7; }; }')
    const ping = lab.spawn('ping', ['-q', '-i', '0.1', '127.0.0.1'], { stdio: 'ignore' })
    try {
      const { stdout, exitCode } = await doctor('--socket', bus.path, '--json')
      expect(exitCode).toBe(1)
      expect(problems(stdout)).toEqual(['group', 'events'])
    } finally {
      ping.kill()
    }
  })

  it('counts events on the bus, and tells when their clock is off', async () => {
    await lab.nft('table ip t { chain c { counter log prefix "x " group 7; }; }')
    const timer = setInterval(() => bus.broker.publish('nft:x', { Timestamp: '2001-01-01T00:00:00Z' }), 20)
    try {
      const { stdout } = await doctor('--socket', bus.path, '--json')
      expect(problems(stdout)).toEqual(['group', 'clock'])
      expect(stdout).toMatch(/\d+ packet events on the bus in 0\.6 s/)
    } finally {
      clearInterval(timer)
    }
  })
})
