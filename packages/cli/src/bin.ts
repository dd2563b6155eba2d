#!/usr/bin/env node
import { main } from './main.js'

const ending = new AbortController()
const end = (): void => ending.abort()
process.once('SIGINT', end).once('SIGTERM', end)
// Whoever reads us may stop reading (EPIPE, as `| head` does): that ends the command and is no failure.
process.stdout.on('error', end)
process.stderr.on('error', end)
const { stdin, stdout, stderr, env } = process
process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env, signal: ending.signal })
