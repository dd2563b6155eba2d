import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Subscription } from '@packet-logs/bus'
import type { Lab } from '@packet-logs/lab'
import { expect, vi } from 'vitest'

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

// Each test starts processes, which takes seconds on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

/** Waits as long as it takes on such a machine. */
export function soon<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 60_000 })
}

/** Two prefixes of two groups: UDP ports 9001 and 9002. */
export const logRules = `table inet watch {
  chain input {
    type filter hook input priority filter
    udp dport 9001 log prefix "lan:in " group 0
    udp dport 9002 log prefix "drop:input " group 1 drop
  }
}`

/** A daemon as an operator runs it. */
export interface Daemon {
  process: ChildProcess
  lines: string[]
  ready: Promise<string>
  exitCode: Promise<number | null>
}

export function start(lab: Lab, args: readonly string[], wrapper: readonly string[] = []): Daemon {
  const [command = '', ...rest] = [...wrapper, process.execPath, bin, ...args]
  const child = lab.spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  const exitCode = once(child, 'close').then(([code]) => code as number | null)
  const ready = new Promise<string>((resolve, reject) => {
    if (child.stderr === null) throw new Error('no stderr')
    createInterface({ input: child.stderr }).on('line', line => {
      lines.push(line)
      if (line.startsWith('packet-logsd: ready:')) resolve(line)
    })
    void exitCode.then(() => reject(new Error(`ended: ${lines.join('\n')}`)))
  })
  ready.catch(() => undefined)
  return { process: child, lines, ready, exitCode }
}

/** Sends one datagram to each port, over both families, from inside the lab. */
export async function send(lab: Lab, ports: readonly number[]): Promise<void> {
  const script = `
    const { createSocket } = require('dgram')
    for (const [type, host] of [['udp4', '127.0.0.1'], ['udp6', '::1']])
      for (const port of ${JSON.stringify(ports)}) {
        const socket = createSocket(type)
        socket.send('hello', port, host, () => socket.close())
      }`
  await lab.run(process.execPath, ['-e', script])
}

export async function take(subscription: Subscription, count: number): Promise<{ topic: string; value: unknown }[]> {
  const events = []
  for await (const { topic, value } of subscription) {
    events.push({ topic, value: JSON.parse(value) as unknown })
    if (events.length === count) break
  }
  return events
}
