import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, openLab } from '@packet-logs/lab'
import { describeWithKernel } from '@packet-logs/lab/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatRule } from '../../src/nft/format.js'
import { parseRuleset } from '../../src/nft/parse-ruleset.js'
import { eachRule } from '../../src/nft/ruleset.js'
import type { NftStatus } from '../../src/nft/status.js'
import { readFixture } from '../support/fixtures.js'
import { toKernelDocument } from '../support/kernel-ruleset.js'
import { foreignRuleset } from '../support/rulesets.js'
import { commandPath } from '../support/run-command.js'

interface Result {
  stdout: string
  stderr: string
  exitCode: number | null
}

describeWithKernel('packet-logs nft', () => {
  let lab: Lab
  let state: string

  beforeEach(async () => {
    lab = await openLab()
    state = await mkdtemp(join(tmpdir(), 'packet-logs-nft-'))
  })

  afterEach(async () => {
    await lab.close()
    await rm(state, { recursive: true })
  })

  /** Runs the command as a user of the lab's machine does. */
  const run = async (...args: string[]): Promise<Result> => runWith({}, ...args)

  const runWith = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Result> => {
    const child = lab.spawn(process.execPath, [commandPath, 'nft', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_STATE_HOME: state, ...env }
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { stdout, stderr, exitCode }
  }

  const listing = async (): Promise<string> => (await lab.run('nft', ['list', 'ruleset'])).stdout

  it('shows a plan without changing anything', async () => {
    const { stdout, exitCode } = await run('plan', '--uplink', 'wan0')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('+         oifname "wan0" counter packets 0 bytes 0 log prefix "wan:out " group 0')
    expect(await listing()).toBe('')
  })

  it('installs, finds nothing to do the second time, and removes without a trace', async () => {
    const first = await run('install', '--uplink', 'wan0', '--yes')
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Installed.') as string })
    const installed = await listing()
    expect(installed).toContain('iifname != { "lo", "wan0" } counter packets 0 bytes 0 log prefix "lan:in " group 0')
    const second = await run('install', '--uplink', 'wan0', '--yes')
    expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing to do') as string })
    expect(await listing()).toBe(installed)
    expect(await run('remove', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await listing()).toBe('')
  })

  it('writes every option of a log rule so that the kernel has it word for word', async () => {
    const rule = 'x y:z@forward:iif!=lo:oif=ppp*:family=ip6:group=65535:snaplen=96:queue=7:limit=3/hour:burst=9'
    expect(await run('install', '--log', rule, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await listing()).toContain(
      'meta nfproto ipv6 iifname != "lo" oifname "ppp*" limit rate 3/hour burst 9 packets counter packets 0 bytes 0 ' +
        'log prefix "x y:z " group 65535 snaplen 96 queue-threshold 7 comment "packet-logs"'
    )
    expect((await run('install', '--log', rule, '--yes')).stdout).toContain('Nothing to do')
  })

  it('installs the same again elsewhere from what it exports, as a script for nft or as a file of rules', async () => {
    const rules = ['--log', 'lan:in@input:iif!=wan0,lo:snaplen=96', '--log', 'wan:out#17@forward:dir=out:limit=3/hour']
    expect(await run('install', ...rules, '--uplink', 'wan0', '--yes')).toMatchObject({ exitCode: 0 })
    const installed = await listing()
    expect(installed).toContain(
      'oifname "wan0" limit rate 3/hour counter packets 0 bytes 0 log prefix "wan:out#17 " group 0 ' +
        'comment "packet-logs id=17"'
    )

    const script = await run('export')
    await lab.nft(script.stdout)
    expect(await listing()).toBe(installed)

    const file = join(state, 'log-rules.yaml')
    await writeFile(file, (await run('export', '--format', 'rules')).stdout)
    await run('remove', '--yes')
    expect(await run('verify', '--rules', file)).toMatchObject({ exitCode: 1 })
    expect(await run('install', '--rules', file, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await listing()).toBe(installed)
    expect(await run('verify', '--rules', file)).toMatchObject({ exitCode: 0, stderr: '' })
    await writeFile(file, (await run('export', '--json')).stdout)
    expect(await run('verify', '--rules', file)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('verifies: 0 when all is as wanted, 1 and the difference when somebody has changed a rule', async () => {
    await run('install', '--uplink', 'wan0', '--yes')
    expect(await run('verify', '--uplink', 'wan0')).toMatchObject({ exitCode: 0 })
    await lab.run('nft', ['flush', 'chain', 'inet', 'packet_logs', 'output'])
    const { exitCode, stdout, stderr } = await run('verify', '--uplink', 'wan0')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('+         oifname "wan0" counter packets 0 bytes 0 log prefix "wan:out " group 0')
    expect(stderr).toContain('2 changes are missing')
    const json = JSON.parse((await run('verify', '--uplink', 'wan0', '--json')).stdout) as { upToDate: boolean }
    expect(json.upToDate).toBe(false)
  })

  it('spells rules so that nft reads them and lists the same again', async () => {
    await lab.nft(readFixture('every-statement.nft'))
    const before = await listing()
    const ruleset = parseRuleset((await lab.run('nft', ['-j', '-a', 'list', 'ruleset'])).stdout)
    const again = [...eachRule(ruleset)].map(({ at, rule }) => `add rule inet rules ${at.chain} ${formatRule(rule)}`)
    await lab.nft(['flush table inet rules', ...again].join('\n'))
    expect(await listing()).toBe(before)
  })

  it('keeps the last twenty undo files', async () => {
    const folder = join(state, 'packet-logs')
    await mkdir(folder)
    const old = Array.from({ length: 25 }, (_, index) => `nft-undo-2020-01-${String(index + 1).padStart(2, '0')}.nft`)
    for (const name of [...old, 'mine.txt']) await writeFile(join(folder, name), '')
    await run('install', '--uplink', 'wan0', '--yes')
    const left = await readdir(folder)
    expect(left).toHaveLength(21)
    expect(left).toContain('mine.txt')
    expect(left).toContain('nft-undo-2020-01-25.nft')
    expect(left).not.toContain('nft-undo-2020-01-06.nft')
  })

  it('edits an SPR ruleset of 2022 in place and restores it byte for byte', async () => {
    await lab.nft(readFixture('spr-2022.nft'))
    const before = await listing()
    expect(before).toBe(readFixture('spr-2022.nft'))
    expect(await run('install', '--profile', 'spr', '--yes')).toMatchObject({ exitCode: 0 })
    const installed = await listing()
    expect(installed).toContain('counter packets 7 bytes 420 log prefix "drop:forward " group 1 comment')
    expect(installed).toMatch(/log prefix "wan:out " group 0 .*\n.*@internet_access/)
    expect(installed).toMatch(/jump F_EST_RELATED\n\t\tlog prefix "lan:in " group 0/)
    expect((await run('install', '--profile', 'spr', '--yes')).stdout).toContain('Nothing to do')
    expect(await listing()).toBe(installed)
    expect(await run('remove', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await listing()).toBe(before)
  })

  it('leaves no trace on generated rulesets once it is removed, whichever profile was installed', async () => {
    const file = join(state, 'generated.json')
    const uplinks = fc.constantFrom(['--profile', 'spr', '--uplink', 'wan7'], ['--uplink', 'wan7'])
    await fc.assert(
      fc.asyncProperty(foreignRuleset, uplinks, async (ruleset, options) => {
        await lab.run('nft', ['flush', 'ruleset'])
        await writeFile(file, toKernelDocument(ruleset))
        await lab.run('nft', ['-j', '-f', file])
        const before = await listing()
        const installed = await run('install', ...options, '--yes')
        // What is not SPR's is refused by that profile, untouched.
        if (installed.exitCode === 1) expect(installed.stderr).toContain('NFT_PROFILE')
        else expect(await run('remove', '--yes')).toMatchObject({ exitCode: 0 })
        expect(await listing()).toBe(before)
      }),
      { numRuns: Number(process.env['PACKET_LOGS_RULESETS'] ?? 8) }
    )
  }, 600_000)

  it('restores the rest after others have edited the ruleset', async () => {
    await lab.nft(readFixture('spr-2022.nft'))
    await run('install', '--profile', 'spr', '--yes')
    await lab.nft('insert rule inet filter INPUT tcp dport 2222 accept\nadd element inet filter lan_tcp_accept { 53 }')
    await lab.nft('delete table inet nat')
    await run('remove', '--yes')
    const expected = await openLab()
    try {
      await expected.nft(readFixture('spr-2022.nft'))
      await expected.nft(
        'insert rule inet filter INPUT tcp dport 2222 accept\nadd element inet filter lan_tcp_accept { 53 }'
      )
      await expected.nft('delete table inet nat')
      expect(await listing()).toBe((await expected.run('nft', ['list', 'ruleset'])).stdout)
    } finally {
      await expected.close()
    }
  })

  it('places rules beside ones that it rewrites in the same transaction', async () => {
    await lab.nft(
      'table inet filter {\n chain F_EST_RELATED {\n }\n chain INPUT {\n jump F_EST_RELATED\n log prefix "DRP:INP "\n }\n' +
        ' map internet_access {\n type ifname : verdict\n }\n chain FORWARD {\n' +
        ' log prefix "DRP:FWD " iifname vmap @internet_access\n }\n}'
    )
    const before = await listing()
    expect(await run('install', '--profile', 'spr', '--uplink', 'eth0', '--yes')).toMatchObject({ exitCode: 0 })
    const installed = await listing()
    expect(installed).toMatch(/jump F_EST_RELATED\n\t\tlog prefix "lan:in ".*\n\t\tlog prefix "drop:input "/)
    expect(installed).toMatch(/log prefix "wan:out ".*\n\t\tlog prefix "drop:forward " group 1 iifname vmap/)
    await run('remove', '--yes')
    expect(await listing()).toBe(before)
  })

  it('leaves an SPR ruleset of today alone', async () => {
    await lab.nft(readFixture('spr-today.nft'))
    const before = await listing()
    const { stdout, exitCode } = await run('install', '--profile', 'spr', '--yes')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('INPUT logs wan:in already')
    expect(await listing()).toBe(before)
  })

  it('writes an undo file that nft itself can play back', async () => {
    await lab.nft(readFixture('spr-2022.nft'))
    const before = await listing()
    const { stdout } = await run('install', '--profile', 'spr', '--yes', '--json')
    const { outcome, undoFile } = JSON.parse(stdout) as { outcome: string; undoFile: string }
    expect(outcome).toBe('applied')
    await lab.run('nft', ['-f', undoFile])
    const restored = await listing()
    expect(restored.split('\n').sort()).toEqual(before.split('\n').sort())
  })

  it('works in a namespace by name', async () => {
    // Names of namespaces live in /run/netns: a private mount keeps them off the machine.
    const script =
      'mount -t tmpfs none /run && ip netns add router && "$@" >&2 && ip netns exec router nft list ruleset; ip netns del router'
    const install = [process.execPath, commandPath, 'nft', 'install', '--uplink', 'wan0', '--netns', 'router', '--yes']
    const env = { ...process.env, XDG_STATE_HOME: state }
    const { stdout } = await lab.run('unshare', ['--mount', 'sh', '-c', script, 'sh', ...install], { env })
    expect(stdout).toContain('oifname "wan0" counter packets 0 bytes 0 log prefix "wan:out " group 0')
    expect(await listing()).toBe('')
  })

  it('finds the uplink by the default route', async () => {
    await lab.run('sh', [
      '-c',
      'ip link add wan7 type veth peer name wan8 && ip link set wan8 up && ip link set wan7 up && ip route add default dev wan7'
    ])
    expect((await run('plan')).stdout).toContain('oifname "wan7" counter')
  })

  it('shows counters and who listens', async () => {
    await run('install', '--log', 'lan:in@input:iif=lo:group=6', '--yes')
    await lab.run('sh', ['-c', 'ping -c 1 -W 1 127.0.0.1 || true'])
    const { stdout } = await run('status', '--json')
    const status = JSON.parse(stdout) as NftStatus
    expect(status.groups).toEqual([{ group: 6, listener: 'no' }])
    expect(status.rules).toHaveLength(1)
    expect(status.rules[0]).toMatchObject({ prefix: 'lan:in ', owned: true, packets: 2 })
    expect((await run('status')).stdout).toContain('nobody listens')
  })

  it('asks nobody when there is no terminal, and says what to type', async () => {
    const { exitCode, stderr } = await run('install', '--uplink', 'wan0')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('packet-logs nft install --yes')
    expect(await listing()).toBe('')
  })

  it('asks on a terminal and takes only yes for an answer', async () => {
    const answer = async (text: string, options = ''): Promise<{ stdout: string; exitCode: unknown }> => {
      const inner = `${process.execPath} ${commandPath} nft install --uplink wan0 ${options}`
      const child = lab.spawn('script', ['-qec', inner, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, XDG_STATE_HOME: state }
      })
      let stdout = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString()
        if (stdout.includes('[y/N]')) child.stdin?.end(text)
      })
      const [exitCode] = (await once(child, 'close')) as [unknown]
      return { stdout, exitCode }
    }
    const said = (text: string): unknown => expect.stringContaining(text)
    expect(await answer('n\n')).toEqual({ exitCode: 1, stdout: said('the answer was no: nothing was changed') })
    expect(await answer('\x03')).toEqual({ exitCode: 1, stdout: said('the answer was no: nothing was changed') })
    const json = await answer('n\n', '--json')
    expect(json).toEqual({ exitCode: 1, stdout: said('"outcome":"declined"') })
    expect(json.stdout).toMatch(/log prefix "wan:out " group 0.*\[y\/N\]/s)
    expect(await listing()).toBe('')
    expect(await answer('y\n')).toEqual({ exitCode: 0, stdout: said('Installed.') })
    expect(await listing()).toContain('table inet packet_logs')
  })

  it('changes nothing when the undo file cannot be written', async () => {
    const { exitCode, stderr } = await run('install', '--uplink', 'wan0', '--yes', '--state-dir', '/dev/null/x')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('--state-dir DIR')
    expect(await listing()).toBe('')
  })

  it('says which statement nft refused, and leaves the ruleset and the state directory as they were', async () => {
    // An nft that accepts everything but rules in chain "output".
    const fake = join(state, 'nft')
    const real = (await lab.run('sh', ['-c', 'command -v nft'])).stdout.trim()
    const script = `#!/bin/sh\nd=$(cat)\ncase "$d" in *'"chain":"output"'*) echo 'Error: no' >&2; exit 1;; esac\necho "$d" | ${real} "$@"\n`
    await writeFile(fake, script)
    await chmod(fake, 0o755)
    const env = { PATH: `${state}:${process.env['PATH']}` }
    const { exitCode, stderr } = await runWith(env, 'install', '--uplink', 'wan0', '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('nothing was changed: nft refused (exit code 1): Error: no')
    expect(stderr).toMatch(/first statement it refused: \{"add":\{"rule":.*"chain":"output"/)
    expect(await listing()).toBe('')
    expect((await readdir(state)).filter(name => name !== 'nft' && name !== 'packet-logs')).toEqual([])
    expect(await readdir(join(state, 'packet-logs'))).toEqual([])
  })

  /** Puts an nft of the given shell lines before the real one, `$nft`. */
  const fakeNft = async (...lines: readonly string[]): Promise<NodeJS.ProcessEnv> => {
    const real = (await lab.run('sh', ['-c', 'command -v nft'])).stdout.trim()
    await writeFile(join(state, 'nft'), ['#!/bin/sh', `nft=${real}`, ...lines, 'exec $nft "$@"', ''].join('\n'))
    await chmod(join(state, 'nft'), 0o755)
    return { PATH: `${state}:${process.env['PATH']}` }
  }

  it('does not claim that nothing was changed when it cannot read back what was', async () => {
    const env = await fakeNft(
      `case "$*" in *ruleset) echo >> ${state}/n; [ $(wc -l < ${state}/n) -lt 3 ] || { echo Error: busy >&2; exit 1; };; esac`
    )
    const { exitCode, stderr } = await runWith(env, 'install', '--uplink', 'wan0', '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /the changes were made; .*cannot be read back.*Error: busy.*to go back: nft -f .*\[NFT_VERIFY\]/
    )
    expect(await listing()).toContain('packet_logs')
    const [, undoFile = ''] = /to go back: nft -f (\S+)/.exec(stderr) ?? []
    await lab.run('nft', ['-f', undoFile])
    expect(await listing()).toBe('')
  })

  it('blames no statement when nft was killed, and finds out by itself whether it had finished', async () => {
    const before = await fakeNft('case "$*" in "-j -f -") kill -9 $$;; esac')
    const { exitCode, stderr } = await runWith(before, 'install', '--uplink', 'wan0', '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('nothing was changed: nft refused (exit code 137)')
    expect(stderr).not.toContain('The first statement')
    const after = await fakeNft('case "$*" in "-j -f -") $nft "$@"; kill -9 $$;; esac')
    expect(await runWith(after, 'install', '--uplink', 'wan0', '--yes')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Installed.') as string
    })
  })

  it('does not wait for an nft that hangs once it is told to end', async () => {
    const env = await fakeNft('sleep 60 & echo $! > $0.pid; wait')
    const started = Date.now()
    const child = lab.spawn(process.execPath, [commandPath, 'nft', 'status'], { env: { ...process.env, ...env } })
    while (!(await readdir(state)).includes('nft.pid')) await new Promise(resolve => setTimeout(resolve, 20))
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
    expect(Date.now() - started).toBeLessThan(10_000)
    process.kill(Number(await readFile(join(state, 'nft.pid'), 'utf8')))
  })

  it('says what is wrong with an nft that cannot speak JSON', async () => {
    const env = await fakeNft('case "$*" in -j*) echo "Error: JSON support not compiled-in" >&2; exit 1;; esac')
    const { exitCode, stderr } = await runWith(env, 'status')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/built without JSON.*\[NFT_OUTPUT\]/)
  })

  it('tells a missing nft, a missing namespace and a missing privilege apart, each with its way out', async () => {
    const status = [process.execPath, commandPath, 'nft', 'status']
    const without = ['--mount', 'sh', '-c', 'mount -t tmpfs none /usr/sbin && exec "$@"', 'sh', ...status]
    await expect(lab.run('unshare', without)).rejects.toThrow('[NFT_NOT_FOUND]')
    await expect(lab.run('setpriv', ['--bounding-set', '-net_admin', ...status])).rejects.toThrow('[NFT_PERMISSION]')
    const { exitCode, stderr } = await run('status', '--netns', 'no-such-namespace')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('network namespace "no-such-namespace" cannot be entered')
  })
})
