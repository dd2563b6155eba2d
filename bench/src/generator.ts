import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Host } from '@packet-logs/lab'

/** What the generator did. */
export interface Sent {
  packets: number
  seconds: number
  /** The kernel's work for its packets, up to the log, is in here. */
  cpuSeconds: number
}

export const port = 9999
const ipAndUdpHeaderBytes = 28

/** Compiles native/generator.cc into a folder and returns the program's path. */
export async function buildGenerator(folder: string): Promise<string> {
  const source = fileURLToPath(new URL('../native/generator.cc', import.meta.url))
  const program = join(folder, 'generator')
  await promisify(execFile)('c++', ['-O2', '-std=c++17', source, '-o', program])
  return program
}

/**
 * Sends UDP packets over loopback at a steady rate. The first eight bytes of each payload say when it was sent, in nanoseconds of
 * the clock that `process.hrtime.bigint()` reads, little-endian.
 */
export async function generate(
  host: Host,
  program: string,
  { packetBytes, packetsPerSecond, seconds }: { packetBytes: number; packetsPerSecond: number; seconds: number }
): Promise<Sent> {
  const args = ['127.0.0.1', port, packetBytes - ipAndUdpHeaderBytes, packetsPerSecond, seconds].map(String)
  const { stdout } = await host.run(program, args)
  const { sent, ...used } = JSON.parse(stdout) as { sent: number; seconds: number; cpuSeconds: number }
  return { packets: sent, ...used }
}
