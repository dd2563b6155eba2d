#!/usr/bin/env node
import { main } from './main.js'
import { processIo } from './process-io.js'

/** How long readers of what was printed may take for the rest of it. */
const lastWordsMs = 1_000

process.exitCode = await main(process.argv.slice(2), processIo())
setTimeout(() => process.exit(), lastWordsMs).unref()
