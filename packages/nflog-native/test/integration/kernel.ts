import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoggedPacket, NflogSocket } from '../../src/index.js'

/** The built package: a child process and a worker cannot import TypeScript. */
export const builtPackage: string = new URL('../../dist/index.js', import.meta.url).href

/** Log rules that disappear again. `chains` is the inside of a table. */
export function logRules(table: string, chains: string): Disposable {
  run('nft', ['-f', '-'], `table ${table} {\n${chains}\n}\n`)
  return { [Symbol.dispose]: () => run('nft', ['delete', 'table', ...table.split(' ')]) }
}

/** A chain at an inet hook with one rule per line. */
export function chain(hook: string, ...rules: string[]): string {
  return `chain ${hook} {\ntype filter hook ${hook} priority 0\n${rules.join('\n')}\n}`
}

export function run(command: string, args: readonly string[], input: string | Uint8Array = ''): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}: ${stderr}`)
  return stdout
}

/** Sends UDP datagrams and returns when the kernel has taken them all. */
export async function sendUdp(address: string, port: number, ...payloads: (string | Uint8Array)[]): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  for (const payload of payloads) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, port, address, error => (error ? reject(error) : resolve()))
    })
  }
  socket.close()
}

/** The next packets of a socket. */
export async function take(socket: NflogSocket, count: number): Promise<LoggedPacket[]> {
  const packets: LoggedPacket[] = []
  if (count === 0) return packets
  for await (const packet of socket) {
    packets.push(packet)
    if (packets.length === count) break
  }
  return packets
}

/** What is left until the iteration ends by itself. */
export async function drain(socket: NflogSocket): Promise<LoggedPacket[]> {
  const packets: LoggedPacket[] = []
  for await (const packet of socket) packets.push(packet)
  return packets
}

export function udpText(packet: LoggedPacket): string {
  const headerBytes = packet.etherType === 0x86dd ? 48 : 28
  return Buffer.from(packet.payload.subarray(headerBytes)).toString()
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Runs a script that has the built package as `nflog`, in a Node of its own, and tells how it ended. */
export async function runScript(
  script: string,
  {
    wrapper = [],
    nodeOptions = [],
    signal: stop
  }: { wrapper?: readonly string[]; nodeOptions?: readonly string[]; signal?: AbortSignal } = {}
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const source = `import * as nflog from ${JSON.stringify(builtPackage)}\n${script}`
  const [command = '', ...args] = [...wrapper, process.execPath, ...nodeOptions, '--input-type=module', '-e', source]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 15_000, killSignal: 'SIGKILL' })
  stop?.addEventListener('abort', () => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, stdout, stderr }
}

export function fileOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
