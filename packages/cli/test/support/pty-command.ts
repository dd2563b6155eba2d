import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { Emulator } from './emulator.js'
import { commandPath } from './run-command.js'

/** Of util-linux: runs a command on a pseudo-terminal. */
const terminalMaker = 'script'

export interface PtyOptions {
  columns?: number
  rows?: number
  env?: NodeJS.ProcessEnv
}

/** The built command on a terminal of its own, as a user at a shell runs it. */
export class PtyCommand {
  readonly screen: Emulator
  /** Bytes the terminal was sent. */
  sentBytes = 0
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #ended: Promise<unknown[]>
  #problem: unknown

  constructor(args: readonly string[], { columns = 80, rows = 24, env = {} }: PtyOptions = {}) {
    this.screen = new Emulator(columns, rows)
    this.#directory = mkdtempSync(join(tmpdir(), 'packet-logs-pty-'))
    const quoted = [process.execPath, commandPath, ...args].map(arg => `'${arg.replaceAll("'", "'\\''")}'`).join(' ')
    const script = [
      `cd '${this.#directory}'`,
      `stty cols ${columns} rows ${rows}`,
      'tty > tty',
      'stty -g > before',
      `sh -c 'echo $$ > pid; exec "$@"' sh ${quoted}`,
      'echo "code $?"',
      'stty -g > after'
    ].join('\n')
    this.#child = spawn(terminalMaker, ['-qfec', script, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', ...env }
    })
    this.#ended = once(this.#child, 'close')
    const decoder = new StringDecoder('utf8')
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.sentBytes += chunk.length
      try {
        this.screen.feed(decoder.write(chunk))
      } catch (error) {
        this.#problem ??= error
      }
    })
  }

  get pid(): number {
    return Number(this.#read('pid'))
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  resize(columns: number, rows: number): void {
    this.screen.resize(columns, rows)
    execFileSync('stty', ['-F', this.#read('tty'), 'cols', String(columns), 'rows', String(rows)])
  }

  /** Waits until the screen, as one text, is like that. */
  async shows(pattern: string | RegExp): Promise<void> {
    const isThere = (): boolean => {
      const text = this.screen.lines.join('\n')
      return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
    }
    const untilMs = Date.now() + 12_000
    while (!isThere()) {
      if (this.#problem) throw this.#problem as Error
      if (Date.now() > untilMs) {
        throw new Error(
          `${pattern.toString()} is not on the screen:\n${this.screen.lines.join('\n')}\n${this.screen.text}`
        )
      }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** The exit code, after everything was checked that a terminal should be like afterwards. */
  async ended(): Promise<{ code: number; text: string }> {
    // Its end is the end of the shell, not of what is typed.
    await this.#ended
    if (this.#problem) throw this.#problem as Error
    const { text, isAsFound } = this.screen
    if (!isAsFound) throw new Error('the terminal was not given back as it was')
    if (this.#read('before') !== this.#read('after')) throw new Error('the terminal has other settings than before')
    return { code: Number(/code (\d+)/.exec(text)?.[1]), text: text.replace(/code \d+\s*$/, '') }
  }

  /** The terminal goes away, as when a connection breaks. */
  close(): void {
    this.#child.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #read(name: string): string {
    return readFileSync(join(this.#directory, name), 'utf8').trim()
  }
}
