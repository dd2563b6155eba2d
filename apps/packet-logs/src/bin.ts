#!/usr/bin/env node
import { main } from './main.js'

/** How long a reader of stderr may take for the last words. */
const lastWordsMs = 1_000

/** How long the end may take, queues of somebody slow included: less than the ten seconds after which containers are killed. */
const endMs = 9_000

const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort())
end.signal.addEventListener('abort', () => {
  setTimeout(() => {
    process.stderr.write(
      `packet-logsd: could not hand everything over within ${endMs / 1000} seconds; ends all the same\n`
    )
    process.exit(1)
  }, endMs).unref()
})
// Whoever read what it says may leave; the packets have other readers.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await main(process.argv.slice(2), {
  writeOut: text => void process.stdout.write(text),
  writeErr: text => void process.stderr.write(text),
  env: process.env,
  signal: end.signal
})
setTimeout(() => process.exit(), lastWordsMs).unref()
