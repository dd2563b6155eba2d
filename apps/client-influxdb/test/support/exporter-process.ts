import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

/** The exporter as an operator runs it. */
export interface ExporterProcess {
  readonly pid: number
  readonly lines: readonly string[]
  /** Resolves when a line holds the text, now or later; rejects when it ends before. */
  said(text: string): Promise<string>
  /** When it has ended: its code, or `null` when it was killed. */
  readonly exitCode: Promise<number | null>
  /** Sends a signal, and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export function startExporter(args: readonly string[], env: NodeJS.ProcessEnv = {}): ExporterProcess {
  const child: ChildProcess = spawn(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], ...env }
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const exitCode = once(child, 'close').then(([code]) => code as number | null)
  let isClosed = false
  void exitCode.then(() => {
    isClosed = true
    for (const check of waiting) check()
  })
  if (child.stderr === null || child.pid === undefined) throw new Error(`${bin} cannot be started`)
  createInterface({ input: child.stderr }).on('line', line => {
    lines.push(line)
    for (const check of waiting) check()
  })
  return {
    pid: child.pid,
    lines,
    said: text =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const line = lines.find(said => said.includes(text))
          if (line === undefined && !isClosed) return
          waiting.delete(check)
          if (line === undefined) reject(new Error(`never said ${JSON.stringify(text)}:\n${lines.join('\n')}`))
          else resolve(line)
        }
        waiting.add(check)
        check()
      }),
    exitCode,
    end(signal) {
      child.kill(signal)
      return exitCode
    }
  }
}
