import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandDefinition } from '../../src/actions/definition.js'
import type { Alert } from '../../src/engine/alert.js'
import { openActions, quickClock, statsOf } from '../support/actions.js'
import { makeAlert } from '../support/alert.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-actions-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function outcomeOf(
  command: CommandDefinition['command'],
  { alert = makeAlert(), ...changes }: Partial<CommandDefinition> & { alert?: Alert } = {}
) {
  await using actions = openActions({ clock: quickClock() })
  actions.define({ phone: { type: 'command', command, ...changes } })
  actions.deliver(alert)
  const { delivered, failed, retries, lastError } = await statsOf(actions, 'phone')
  return { delivered, failed, retries, lastError }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    if (tries === 200) throw new Error(`${pid} lives on`)
    await sleep(10)
  }
}

describe('a command', () => {
  it('finds the alert on its standard input, on one line, and little in its environment', async () => {
    const file = join(directory, 'seen')
    const alert = makeAlert({ title: "it's; $(touch x)\n\0", value: '{"Title":"é"}' })
    const outcome = await outcomeOf(['sh', '-c', 'cat > "$1"; pwd >> "$1"; env | sort >> "$1"', 'sh', file], { alert })
    expect(outcome).toMatchObject({ delivered: 1, failed: 0 })
    const [input, directoryOfCommand, ...environment] = (await readFile(file, 'utf8')).trimEnd().split('\n')
    expect(input).toBe('{"Title":"é"}')
    expect(directoryOfCommand).toBe('/')
    expect(environment.filter(line => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([
      'PACKET_LOGS_COUNT=20',
      'PACKET_LOGS_RULE=ssh-scan',
      'PACKET_LOGS_SEVERITY=high',
      "PACKET_LOGS_TITLE=it's; $(touch x)\ufffd\ufffd",
      'PACKET_LOGS_TOPIC=alert:nft:drop:input:ssh-scan',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    ])
  })

  it('gets its arguments as they are: no shell takes part', async () => {
    const file = join(directory, 'arguments')
    await outcomeOf([
      'sh',
      '-c',
      'f=$1; shift; printf "%s\\n" "$@" > "$f"',
      'sh',
      file,
      '$HOME',
      '`id`',
      '; exit 1',
      '*'
    ])
    await expect(readFile(file, 'utf8')).resolves.toBe('$HOME\n`id`\n; exit 1\n*\n')
  })

  it('fails by its exit code, with what it said; once, unless it may be tried again', async () => {
    await expect(outcomeOf(['sh', '-c', 'echo "no\u001b[1m luck" >&2; echo x; exit 3'])).resolves.toEqual({
      delivered: 0,
      failed: 1,
      retries: 0,
      lastError: 'ended with exit code 3: no\ufffd[1m luck'
    })
    await expect(outcomeOf(['sh', '-c', 'echo only this; exit 1'], { retries: 2 })).resolves.toMatchObject({
      failed: 1,
      retries: 2,
      lastError: 'ended with exit code 1: only this'
    })
    await expect(outcomeOf(['sh', '-c', 'kill -SEGV $$'])).resolves.toMatchObject({
      lastError: 'was killed by SIGSEGV'
    })
  })

  it('that cannot be started fails at once', async () => {
    await expect(outcomeOf(['/no/such/program'], { retries: 5 })).resolves.toMatchObject({
      failed: 1,
      retries: 0,
      lastError: 'cannot be started: there is no such program (ENOENT)'
    })
    await expect(outcomeOf(['/etc/passwd'])).resolves.toMatchObject({ lastError: 'cannot be started: EACCES' })
  })

  it('need not read its input, however long that is', async () => {
    const alert = makeAlert({ value: JSON.stringify('x'.repeat(1024 * 1024)) })
    await expect(outcomeOf(['true'], { alert })).resolves.toMatchObject({ delivered: 1, lastError: undefined })
    await expect(outcomeOf(['sh', '-c', 'exec <&-; sleep 0.05'], { alert })).resolves.toMatchObject({ delivered: 1 })
  })

  it('that hangs is killed with all that it started, even when it does not want to end', async () => {
    const pids = join(directory, 'pids')
    const script = 'trap "" TERM; sleep 60 & echo $$ $! > "$1"; while :; do sleep 1; done'
    const startedMs = performance.now()
    await expect(outcomeOf(['sh', '-c', script, 'sh', pids], { timeout: '1s' })).resolves.toMatchObject({
      failed: 1,
      lastError: 'did not end within 1s and was killed'
    })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    for (const pid of (await readFile(pids, 'utf8')).trim().split(' ')) await gone(Number(pid))
  })

  it('that ends when asked leaves nothing of its group behind', async () => {
    const pids = join(directory, 'group')
    const script = 'sh -c \'trap "" TERM; echo $$ > "$1"; sleep 60 & wait; sleep 60\' sh "$1" & wait'
    await expect(outcomeOf(['sh', '-c', script, 'sh', pids], { timeout: '1s' })).resolves.toMatchObject({
      failed: 1
    })
    await gone(Number(await readFile(pids, 'utf8')))
  })

  it('that leaves something running in the background has ended all the same', async () => {
    const pids = join(directory, 'background')
    const startedMs = performance.now()
    await expect(outcomeOf(['sh', '-c', 'sleep 60 & echo $! > "$1"', 'sh', pids])).resolves.toMatchObject({
      delivered: 1
    })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    process.kill(Number(await readFile(pids, 'utf8')))
  })

  it('that prints without end is killed, and keeps nobody busy', async () => {
    for (const script of ['yes', 'yes >&2', 'trap "" TERM PIPE; yes; while :; do sleep 1; done']) {
      await expect(outcomeOf(['sh', '-c', script])).resolves.toMatchObject({
        failed: 1,
        lastError: 'printed more than 1048576 bytes and was killed'
      })
    }
  })
})
