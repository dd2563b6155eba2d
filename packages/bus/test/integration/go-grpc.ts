import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest'

const PACKAGES = 'apt-get install golang-go golang-google-grpc-dev'

/** Where Debian puts the sources of Go packages. */
const GO_PATH = '/usr/share/gocode'

const sources = fileURLToPath(new URL('../interop', import.meta.url))

/** The program in test/interop. */
export interface GoProgram {
  /** Starts it; `lines` are what it prints. */
  run(...args: string[]): GoRun
}

export interface GoRun {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
}

/**
 * A suite that talks to Google's Go implementation of gRPC. Without it it is skipped with a message on a laptop and fails in CI.
 */
export function describeWithGo(name: string, suite: (go: GoProgram) => void): void {
  const hasGo = spawnSync('go', ['version'], { stdio: 'ignore' }).error === undefined
  if (!hasGo || !existsSync(join(GO_PATH, 'src/google.golang.org/grpc/server.go'))) {
    const message = `Go or its gRPC package not found: ${PACKAGES}`
    describe(name, () => {
      it('has the compiler it needs', context => {
        if (process.env['CI'] !== undefined) throw new Error(message)
        process.stderr.write(`SKIPPED ${name}: ${message}\n`)
        context.skip(message)
      })
    })
    return
  }
  describe(name, () => {
    let folder = ''
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'packet-logs-go-'))
      execFileSync('go', ['build', '-o', join(folder, 'bus-interop'), '.'], {
        cwd: sources,
        env: { HOME: folder, ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '' },
        stdio: ['ignore', 'inherit', 'inherit']
      })
    }, 240_000)
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    suite({ run: (...args) => run(join(folder, 'bus-interop'), args) })
  })
}

function run(program: string, args: string[]): GoRun {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { process: child, lines }
}
