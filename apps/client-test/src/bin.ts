#!/usr/bin/env node
import { main } from './main.js'

const ending = new AbortController()
const end = (): void => ending.abort()
process.once('SIGINT', end).once('SIGTERM', end)
process.exitCode = await main(process.argv.slice(2), process, ending.signal)
