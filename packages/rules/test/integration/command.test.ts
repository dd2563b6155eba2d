import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CommandTransport } from '../../src/actions/command-transport.js'
import type { CommandDefinition } from '../../src/actions/definition.js'
import { actionSchema } from '../../src/actions/definition.js'
import type { Outcome } from '../../src/actions/transport.js'
import type { Alert } from '../../src/engine/alert.js'
import { eventually, openActions, quickClock, statsOf } from '../support/actions.js'
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
    // Killed, and not yet looked after by the process that has to: that can take its time, in a container for ever.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

function gone(pid: number): Promise<void> {
  return eventually(() => expect(isAlive(pid), `${pid} lives on`).toBe(false))
}

/** The numbers that a command has written into a file, once the line is complete. */
async function numbersIn(file: string): Promise<number[]> {
  const line = await vi.waitFor(
    async () => {
      const text = await readFile(file, 'utf8')
      expect(text).toMatch(/\n$/)
      return text
    },
    { timeout: 15_000, interval: 5 }
  )
  return line.trim().split(' ').map(Number)
}

/** A run of a command whose time is over when the test says so. */
function begin(...command: CommandDefinition['command']): { outcome: Promise<Outcome>; timeOver: () => void } {
  const definition = actionSchema.parse({ type: 'command', command, timeout: '7s' })
  if (definition.type !== 'command') throw new TypeError('not a command')
  const time = new AbortController()
  const transport = new CommandTransport(definition, { killAfterMs: 100 })
  return { outcome: transport.send({ id: 'an-id', alert: makeAlert() }, time.signal), timeOver: () => time.abort() }
}

const TOO_SLOW: Outcome = { kind: 'later', reason: 'did not end within 7s and was killed' }

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

  it('that hangs is killed when its time is over', async () => {
    await expect(outcomeOf(['sleep', '60'], { timeout: '50ms' })).resolves.toMatchObject({
      failed: 1,
      lastError: 'did not end within 50ms and was killed'
    })
  })

  it('that hangs is killed with all that it started, even when it does not want to end', async () => {
    const pids = join(directory, 'pids')
    const script = 'trap "" TERM; sleep 60 & echo $$ $! > "$1"; while :; do sleep 1; done'
    const { outcome, timeOver } = begin('sh', '-c', script, 'sh', pids)
    const processes = await numbersIn(pids)
    timeOver()
    await expect(outcome).resolves.toEqual(TOO_SLOW)
    for (const pid of processes) await gone(pid)
  })

  it('that ends when asked leaves nothing of its group behind', async () => {
    const pids = join(directory, 'group')
    const script = 'sh -c \'trap "" TERM; echo $$ > "$1"; sleep 60 & wait; sleep 60\' sh "$1" & wait'
    const { outcome, timeOver } = begin('sh', '-c', script, 'sh', pids)
    const processes = await numbersIn(pids)
    timeOver()
    await expect(outcome).resolves.toEqual(TOO_SLOW)
    for (const pid of processes) await gone(pid)
  })

  it('that has ended in time stays so, and so does what it left running', async () => {
    const pids = join(directory, 'ended')
    const { outcome, timeOver } = begin('sh', '-c', 'sleep 60 & echo $$ $! > "$1"', 'sh', pids)
    const [command = 0, background = 0] = await numbersIn(pids)
    await gone(command)
    timeOver()
    await expect(outcome).resolves.toEqual({ kind: 'delivered' })
    expect(isAlive(background)).toBe(true)
    process.kill(background)
  })

  it('does not tell its arguments, not even when it prints them', async () => {
    const script = 'echo "$0: bad token $1" >&2; exit 2'
    await expect(outcomeOf(['sh', '-c', script, 'curl', 'tk_s3cr3t'])).resolves.toMatchObject({
      lastError: 'ended with exit code 2: ***: bad token ***'
    })
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
