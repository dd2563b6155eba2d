import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Host } from '@packet-logs/lab'
import type { HomeNetwork } from './home-network.js'

/** Lets the internet answer and the phone use it, until the network is closed. */
export async function startTraffic({ internet, phone }: HomeNetwork): Promise<void> {
  const server = runScript(internet, 'internet')
  if (server.stdout) await once(server.stdout, 'data')
  runScript(phone, 'phone')
}

function runScript(host: Host, name: string): ReturnType<Host['spawn']> {
  const script = fileURLToPath(new URL(`./traffic/${name}.js`, import.meta.url))
  return host.spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
}
