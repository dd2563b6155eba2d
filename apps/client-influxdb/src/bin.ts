#!/usr/bin/env node
import { main } from './main.js'

/** How long a reader of stderr may take for the last words. */
const lastWordsMs = 1_000

const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort())
// Whoever read what it says may leave; without whoever read the points there is nothing to do.
process.stderr.on('error', () => undefined)
process.stdout.on('error', () => end.abort())

process.exitCode = await main(process.argv.slice(2), {
  writeOut: text => new Promise(resolve => void process.stdout.write(text, () => resolve())),
  writeErr: text => void process.stderr.write(text),
  stdin: process.stdin,
  env: process.env,
  signal: end.signal
})
setTimeout(() => process.exit(), lastWordsMs).unref()
