import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lab } from '@packet-logs/lab'

/** Starts packet-logsd in the lab; resolves when it is ready. */
export async function startDaemon(lab: Lab, folder: string, config: object): Promise<ChildProcess> {
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify(config))
  const daemon = lab.spawn(process.execPath, [binOfDaemon(), '--config', path], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilReady(daemon)
  return daemon
}

function binOfDaemon(): string {
  return fileURLToPath(new URL('dist/bin.js', import.meta.resolve('@packet-logs/daemon/package.json')))
}

async function untilReady(daemon: ChildProcess): Promise<void> {
  const said: string[] = []
  if (daemon.stderr === null) throw new Error('packet-logsd has no stderr')
  for await (const line of createInterface({ input: daemon.stderr })) {
    said.push(line)
    if (line.includes('ready')) {
      // From here on only keep the pipe empty: a full one would hold the daemon up.
      daemon.stderr.on('data', () => undefined).resume()
      return
    }
  }
  throw new Error(`packet-logsd did not start: ${said.join('\n')}`)
}
