#!/usr/bin/env node
import { main } from './main.js'

/** How long a reader of what was printed may take for the rest of it. */
const lastWordsMs = 1_000

const ending = new AbortController()
const end = (): void => ending.abort()
process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end)
process.exitCode = await main(process.argv.slice(2), process, ending.signal)
setTimeout(() => process.exit(), lastWordsMs).unref()
