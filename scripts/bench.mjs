import { prepare, root } from './prepare.mjs'
import { howToInstall } from './system-tools.mjs'

try {
  const missing = await prepare(['nft', 'ip', 'unshare'], '@packet-logs/bench')
  if (missing.length > 0) throw new Error(`the benchmark needs ${missing.join(', ')}. Type: ${howToInstall(missing)}`)
  /** @type {typeof import('../bench/src/index.js')} */
  const { runBench } = await import(`${root}bench/dist/index.js`)
  process.exitCode = await runBench(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`npm run bench: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
