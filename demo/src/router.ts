import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lab } from '@packet-logs/lab'

/** The daemon, running on the router. */
export interface RunningDaemon extends AsyncDisposable {
  /** Ends it as an init system would, and waits: what the kernel had handed over is published by then. Safe to call twice. */
  stop(): Promise<void>
}

/** Installs log rules as an operator would; the undo file goes into the given folder. */
export async function installLogRules(router: Lab, folder: string): Promise<void> {
  const install = ['nft', 'install', '--profile', 'basic', '--uplink', 'wan0', '--yes', '--state-dir', folder]
  await router.run(process.execPath, [binOf('@packet-logs/cli'), ...install])
}

/** Starts `packet-logsd` on the router; returns when it is ready. */
export async function startDaemon(router: Lab, busPath: string, stop: AbortController): Promise<RunningDaemon> {
  const daemon = router.spawn(process.execPath, [binOf('@packet-logs/daemon'), '--bus-listen', busPath], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group of its own: Ctrl-C reaches only this process, which ends the daemon in its turn.
    detached: true
  })
  const exited = once(daemon, 'exit')
  const ready = new Promise<void>((resolve, reject) => {
    if (daemon.stderr === null) throw new Error('packet-logsd has no stderr')
    createInterface({ input: daemon.stderr }).on('line', line => {
      process.stderr.write(`${line}\n`)
      if (line.includes('ready')) resolve()
    })
    exited.then(([code]) => reject(new Error(`packet-logsd ended with exit code ${String(code)}`)), reject)
  })
  await ready
  void exited.then(() => stop.abort())

  const end = async (): Promise<void> => {
    daemon.kill('SIGTERM')
    await exited
  }
  return { stop: end, [Symbol.asyncDispose]: end }
}

function binOf(name: '@packet-logs/cli' | '@packet-logs/daemon'): string {
  return fileURLToPath(new URL('dist/bin.js', import.meta.resolve(`${name}/package.json`)))
}
