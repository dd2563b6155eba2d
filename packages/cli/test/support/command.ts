import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { commandPath } from './run-command.js'

/** The built command at work, as a user runs it. */
export class Command {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<unknown[]>

  /** Without an input its standard input is empty; with `null` it stays open. */
  constructor(args: readonly string[], input?: string | null) {
    this.process = spawn(process.execPath, [commandPath, ...args], { stdio: 'pipe' })
    this.#ended = once(this.process, 'close')
    this.process.stdin?.on('error', () => undefined)
    if (input !== null) this.process.stdin?.end(input ?? '')
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
  }

  /** Starts reading its standard output; until then the pipe fills up. */
  read(): this {
    this.process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    return this
  }

  async said(text: string): Promise<void> {
    while (!this.stderr.includes(text)) {
      if (this.process.exitCode !== null) throw new Error(`ended without saying "${text}": ${this.stderr}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  async exitCode(): Promise<unknown> {
    return (await this.#ended)[0]
  }
}

/** Waits until it is so. */
export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}
