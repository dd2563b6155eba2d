import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Alert } from '../engine/alert.js'
import { printable } from '../filter/source-text.js'
import type { CompleteDefinition } from './definition.js'
import { withoutSecrets } from './redact.js'
import type { Delivery, Outcome, Transport } from './transport.js'
import { STOPPED } from './transport.js'

/** Of what the environment holds nothing is passed on: it may hold secrets of the program that runs this one. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const MAX_VARIABLE_CHARACTERS = 1000
/** As much of what a command prints as is shown when it fails, and as it may print at all. */
const SHOWN_CHARACTERS = 300
const KEPT_BYTES = 2048
const MAX_OUTPUT_BYTES = 1024 * 1024
/** After the command has ended: for what it printed last. Who else holds its output open may go on. */
const OUTPUT_MS = 100
/** This machine is short of processes, memory or file descriptors, which may pass. */
const SHORTAGES = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** Runs a program for each alert. */
export class CommandTransport implements Transport {
  readonly target: string
  readonly #definition: Extract<CompleteDefinition, { type: 'command' }>
  readonly #killAfterMs: number

  constructor(definition: Extract<CompleteDefinition, { type: 'command' }>, { killAfterMs }: { killAfterMs: number }) {
    // Arguments may be secrets.
    this.target = definition.command[0]
    this.#definition = definition
    this.#killAfterMs = killAfterMs
  }

  send({ alert }: Delivery, signal: AbortSignal): Promise<Outcome> {
    const [file, ...args] = this.#definition.command
    return new Promise(resolve => {
      let child: ChildProcessWithoutNullStreams
      try {
        // A process group of its own, so that what it starts ends with it.
        child = spawn(file, args, { cwd: '/', env: environmentOf(alert), detached: true, stdio: 'pipe' })
      } catch (error) {
        resolve(notStarted(error))
        return
      }
      const run = new CommandRun(child, args, { timeout: this.#definition.timeout, killAfterMs: this.#killAfterMs })
      run.begin(`${alert.value}\n`, signal, resolve)
    })
  }

  close(): void {
    // Each run lets go of everything by itself.
  }
}

/** One run of a command, from its start to its end. */
class CommandRun {
  readonly #child: ChildProcessWithoutNullStreams
  /** Not to be shown: they may be secrets. */
  readonly #args: readonly string[]
  readonly #timeout: string
  readonly #killAfterMs: number
  readonly #output = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  #outputBytes = 0
  /** Why it is being killed. */
  #killedFor: Outcome | undefined
  #killTimer: NodeJS.Timeout | undefined

  constructor(
    child: ChildProcessWithoutNullStreams,
    args: readonly string[],
    { timeout, killAfterMs }: { timeout: string; killAfterMs: number }
  ) {
    this.#child = child
    this.#args = args
    this.#timeout = timeout
    this.#killAfterMs = killAfterMs
  }

  begin(input: string, signal: AbortSignal, settle: (outcome: Outcome) => void): void {
    const child = this.#child
    const abort = (): void => this.#abort(signal)
    const end = (outcome: Outcome): void => {
      signal.removeEventListener('abort', abort)
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      settle(outcome)
    }
    child.once('error', error => {
      // Also what becomes of a signal that could not be sent; then there is a process, whose end will come.
      if (child.pid === undefined) end(notStarted(error))
    })
    child.once('exit', (code, killedBy) => {
      // The rest of its group, at once and for the last time: later the number may be somebody else's.
      if (this.#killedFor !== undefined) this.#kill('SIGKILL')
      clearTimeout(this.#killTimer)
      signal.removeEventListener('abort', abort)
      const outputTimer = setTimeout(() => end(this.#outcomeOf(code, killedBy)), OUTPUT_MS)
      child.once('close', () => {
        clearTimeout(outputTimer)
        end(this.#outcomeOf(code, killedBy))
      })
    })
    child.stdout.on('data', (part: Buffer) => this.#keep('stdout', part))
    child.stderr.on('data', (part: Buffer) => this.#keep('stderr', part))
    // A command need not read what it is given.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    child.stdin.end(input)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  }

  #abort(signal: AbortSignal): void {
    if (signal.reason === STOPPED) {
      this.#killedFor ??= { kind: 'refused', reason: 'was killed at the end of the program' }
      this.#kill('SIGKILL')
    } else {
      this.#terminate({ kind: 'later', reason: `did not end within ${this.#timeout} and was killed` })
    }
  }

  #terminate(reason: Outcome): void {
    if (this.#killedFor !== undefined || this.#hasExited) return
    this.#killedFor = reason
    this.#kill('SIGTERM')
    this.#killTimer = setTimeout(() => this.#kill('SIGKILL'), this.#killAfterMs)
  }

  #kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // Nobody of the group is left.
    }
  }

  get #hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #keep(stream: 'stdout' | 'stderr', part: Buffer): void {
    this.#outputBytes += part.length
    if (this.#outputBytes > MAX_OUTPUT_BYTES) {
      // Whoever prints without end would keep this program busy with reading it.
      for (const output of [this.#child.stdout, this.#child.stderr]) output.destroy()
      this.#terminate({ kind: 'refused', reason: `printed more than ${MAX_OUTPUT_BYTES} bytes and was killed` })
      return
    }
    // The end of it says why.
    this.#output[stream] = Buffer.concat([this.#output[stream], part]).subarray(-KEPT_BYTES)
  }

  #outcomeOf(code: number | null, killedBy: NodeJS.Signals | null): Outcome {
    if (this.#killedFor !== undefined) return this.#killedFor
    if (code === 0) return { kind: 'delivered' }
    const { stdout, stderr } = this.#output
    const said = withoutSecrets((stderr.length > 0 ? stderr : stdout).toString(), this.#args)
    const reason = code === null ? `was killed by ${killedBy}` : `ended with exit code ${code}`
    return { kind: 'later', reason: said === '' ? reason : `${reason}: ${said.slice(-SHOWN_CHARACTERS)}` }
  }
}

function environmentOf(alert: Alert): Record<string, string> {
  return {
    PATH,
    PACKET_LOGS_TOPIC: variable(alert.topic),
    PACKET_LOGS_RULE: variable(alert.ruleId),
    PACKET_LOGS_SEVERITY: alert.severity,
    PACKET_LOGS_TITLE: variable(alert.title),
    PACKET_LOGS_COUNT: String(alert.count)
  }
}

/** One line; control characters, of which NUL would be refused by the system, are replaced. */
function variable(text: string): string {
  return printable(text.slice(0, MAX_VARIABLE_CHARACTERS))
}

function notStarted(error: unknown): Outcome {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  const reason = `cannot be started: ${code === 'ENOENT' ? 'there is no such program (ENOENT)' : code}`
  return { kind: SHORTAGES.has(code) ? 'later' : 'refused', reason }
}
