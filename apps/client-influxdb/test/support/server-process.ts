import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program that answers HTTP, started and killed at will. */
export class ServerProcess {
  readonly url: string
  readonly #command: readonly string[]
  #child: ChildProcess | undefined

  constructor(url: string, command: readonly string[]) {
    this.url = url
    this.#command = command
  }

  /** Starts it (again) and waits until it answers. */
  async start(): Promise<void> {
    const [program = '', ...args] = this.#command
    const child = spawn(program, args, { stdio: 'ignore' })
    this.#child = child
    const failed = once(child, 'error').then(([error]) => {
      throw error as Error
    })
    await Promise.race([this.#untilItAnswers(child), failed])
    failed.catch(() => undefined)
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async #untilItAnswers(child: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`${this.#command.join(' ')} ended with ${child.exitCode}`)
      const response = await fetch(`${this.url}/ping`).catch(() => undefined)
      if (response?.ok) return
      await sleep(100)
    }
    throw new Error(`${this.#command.join(' ')} does not answer`)
  }
}
