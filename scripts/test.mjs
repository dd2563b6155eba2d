import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, root, toolEnvironment, turbo } from './prepare.mjs'
import { howToInstall } from './system-tools.mjs'

const checks = [
  'check:format',
  'check:versions',
  'check:unused',
  'check:scripts',
  'check:cpp',
  'check:packed',
  'lint',
  'typecheck',
  'check:package'
]

const inCi = Boolean(process.env['CI'])
let passed = 0
let failed = 0
let skipped = 0

try {
  const tools = /** @type {const} */ ([
    'nft',
    'ip',
    'ping',
    'unshare',
    'tshark',
    'editcap',
    'systemd-analyze',
    'tcpdump',
    'clang-tidy',
    'clang++',
    'libfuzzer',
    'go',
    'grpc-go'
  ])
  // Databases are services: on a machine that is somebody's own, installing one would also start it.
  const services = inCi ? /** @type {const} */ (['influxd', 'victoria-metrics']) : []
  const missing = await prepare([...tools, ...services])
  if (missing.length > 0) {
    process.stderr.write(`Not installed: ${missing.join(', ')}; what needs them ${inCi ? 'fails' : 'is skipped'}. `)
    process.stderr.write(`Type: ${howToInstall(missing)}\n`)
    if (inCi) failed += 1
  }
  await countCheck(() => turbo('Checking formats, types and packages', checks, ['--continue']))
  await runTests(process.argv.slice(2))
} catch (error) {
  failed += 1
  process.stderr.write(`npm test: ${error instanceof Error ? error.message : String(error)}\n`)
}
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exitCode = failed > 0 ? 1 : 0

/** @param {() => Promise<void>} check */
async function countCheck(check) {
  try {
    await check()
    passed += 1
  } catch (error) {
    failed += 1
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}

/**
 * Runs vitest inside a network namespace of its own, so that tests may change rules and log packets there.
 *
 * @param {string[]} filters
 */
async function runTests(filters) {
  const folder = mkdtempSync(join(tmpdir(), 'packet-logs-test-'))
  try {
    const report = join(folder, 'report.json')
    const vitest = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters]
    const [command = '', ...args] = [...(await namespaceCommand()), ...vitest]
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: toolEnvironment() })
    /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number }} */
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
    passed += numPassedTests
    failed += numFailedTests
    skipped += numPendingTests
    // A file that fails before its first test, or an error that no test caught.
    if (status !== 0 && numFailedTests === 0) failed += 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<string[]>} what goes before a command to run it in a private network namespace, loopback up */
async function namespaceCommand() {
  /** @type {typeof import('../lab/src/index.js')} */
  const { namespacePrivilege } = await import(`${root}lab/dist/index.js`)
  try {
    const setUp = 'ip link set lo up && PACKET_LOGS_PRIVATE_NETNS=1 exec "$@"'
    return ['unshare', ...namespacePrivilege().unshare, 'sh', '-c', setUp, 'sh']
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return []
  }
}
