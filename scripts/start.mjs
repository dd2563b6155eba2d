import { parseArgs } from 'node:util'
import { prepare, root } from './prepare.mjs'
import { howToInstall } from './system-tools.mjs'

const usage = `Usage: npm start [-- OPTIONS]

Shows packets that the Linux kernel logs, decoded, a line each: real traffic through a small virtual home network
that nothing outside of it can see.

  --json        one PacketInfo (JSON) per line, and nothing else on stdout
  --seconds N   end N seconds after the service is ready; without it, Ctrl-C ends
  --help        this text
`

/** @returns {{ json: boolean, help: boolean, seconds?: number }} */
function parseOptions() {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, seconds: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
  })
  const options = { json: values.json ?? false, help: values.help ?? false }
  if (values.seconds === undefined) return options
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new TypeError(`--seconds takes a number above 0, not ${values.seconds}`)
  return { ...options, seconds }
}

/** @returns {Promise<number>} the exit code */
async function main() {
  /** @type {ReturnType<typeof parseOptions>} */
  let options
  try {
    options = parseOptions()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const missing = await prepare(['nft', 'ip', 'ping', 'unshare'], '@packet-logs/demo')
  // Without ping the phone just does not ping.
  const needed = missing.filter(tool => tool !== 'ping')
  /** @type {typeof import('../demo/src/index.js')} */
  const { runDemo } = await import(`${root}demo/dist/index.js`)
  const notLive = `${needed.join(', ')} cannot be found. Type: ${howToInstall(needed)}`
  await runDemo(needed.length === 0 ? options : { ...options, notLive })
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
