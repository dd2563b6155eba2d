import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadConfig, parseConfig } from '@packet-logs/config-file'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../src/config/config.js'

function deployed(name: string): string {
  return fileURLToPath(new URL(`../deploy/${name}`, import.meta.url))
}

function read(name: string): string {
  return readFileSync(deployed(name), 'utf8')
}

describe('the compose file', () => {
  const { services } = parseConfig(read('compose.yaml'), {
    schema: z.object({ services: z.object({ packet_logs: z.record(z.string(), z.unknown()) }) }),
    name: 'compose.yaml'
  })
  const service = services.packet_logs

  it('is for the host network and has the folders of SPR, the bus among them', () => {
    expect(service).toMatchObject({ network_mode: 'host', restart: 'always', container_name: 'superpacket_logs' })
    for (const volume of [
      './state/plugins/packet_logs/:/state/plugins/packet_logs',
      './state/api/:/state/api/',
      './configs/base/:/configs/base/',
      '/dev/log:/dev/log'
    ]) {
      expect(service['volumes']).toContainEqual(expect.stringContaining(volume))
    }
  })

  it('gives CAP_NET_ADMIN and no other privilege', () => {
    expect(service).not.toHaveProperty('privileged')
    expect(service).toMatchObject({ cap_drop: ['ALL'], cap_add: ['NET_ADMIN'], read_only: true })
  })
})

describe('the plugin manifest of SPR', () => {
  it('names the compose file and the socket where the daemon serves its API', async () => {
    const manifest = JSON.parse(read('spr/plugin.json')) as Record<string, string>
    const { http } = await loadConfig(deployed('config.yaml'), { schema: configSchema })
    expect(`unix:${manifest['UnixPath']}`).toBe(http.listen)
    expect(manifest['ComposeFilePath']).toMatch(/apps\/packet-logs\/deploy\/compose\.yaml$/)
  })
})

describe.each(['config.yaml', 'systemd/config.yaml'])('%s', name => {
  it('is a configuration', async () => {
    await expect(loadConfig(deployed(name), { schema: configSchema })).resolves.toBeDefined()
  })
})

describe('the systemd unit', () => {
  const unit = read('systemd/packet-logsd.service')

  it('has one capability, and cannot gain another', () => {
    expect(unit).toMatch(/^CapabilityBoundingSet=CAP_NET_ADMIN$/m)
    expect(unit).toMatch(/^AmbientCapabilities=CAP_NET_ADMIN$/m)
    expect(unit).toMatch(/^NoNewPrivileges=yes$/m)
  })

  it('is understood by systemd, which finds it well protected', context => {
    const analyze = (...args: string[]): { status: number | null; text: string; missing: boolean } => {
      const { status, stdout, stderr, error } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
      return { status, text: `${stdout}${stderr}`, missing: error !== undefined }
    }
    const verified = analyze('verify', deployed('systemd/packet-logsd.service'))
    if (verified.missing && process.env['CI'] === undefined) context.skip('needs systemd-analyze: apt install systemd')
    expect(verified).toEqual({ status: 0, text: '', missing: false })
    // Exposure in tenths: 2.5 of 10.
    expect(
      analyze('security', '--offline=true', '--threshold=25', deployed('systemd/packet-logsd.service')).status
    ).toBe(0)
  }, 120_000)
})
