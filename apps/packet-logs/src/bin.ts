#!/usr/bin/env node
import { main } from './main.js'

const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort())

process.exitCode = await main(process.argv.slice(2), {
  writeOut: text => void process.stdout.write(text),
  writeErr: text => void process.stderr.write(text),
  env: process.env,
  signal: end.signal
})
