import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ensureTools, howToInstall } from './system-tools.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Installs dependencies and builds packages. The second time nothing is done that is done already, and two callers at once
 * take turns. Everything it prints goes to stderr.
 *
 * @param {readonly import('./system-tools.mjs').Tool[]} tools wanted beside the compiler
 * @param {string} [target] the package that is wanted, and with it all it depends on; every package without it
 * @returns {Promise<import('./system-tools.mjs').Tool[]>} those of them that could not be installed
 */
export async function prepare(tools, target) {
  const turn = await takeTurns()
  try {
    return await installAndBuild(tools, target)
  } finally {
    turn.close()
  }
}

/**
 * @param {readonly import('./system-tools.mjs').Tool[]} tools
 * @param {string} [target]
 */
async function installAndBuild(tools, target) {
  const missing = ensureTools(['c++', 'make', 'python3', ...tools])
  const noCompiler = missing.filter(tool => tool === 'c++' || tool === 'make' || tool === 'python3')
  if (noCompiler.length > 0) {
    throw new Error(`The native addon needs ${noCompiler.join(', ')}. Type: ${howToInstall(noCompiler)}`)
  }
  await installDependencies()
  await turbo('Building', ['build', 'build:native'], target === undefined ? [] : [`--filter=${target}...`])
  return missing
}

/**
 * Runs tasks of turbo.json; those whose inputs did not change come from its cache.
 *
 * @param {string} title said when it takes more than a moment
 * @param {readonly string[]} tasks
 * @param {readonly string[]} options
 */
export async function turbo(title, tasks, options = []) {
  const notice = setTimeout(() => process.stderr.write(`${title} …\n`), 1000)
  try {
    await run('turbo', ['run', ...tasks, '--output-logs=errors-only', ...options], { quiet: true })
  } finally {
    clearTimeout(notice)
  }
}

/**
 * Runs a command of the workspace. What it prints goes to stderr; with `quiet`, only when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} options
 */
async function run(command, args, { quiet = false } = {}) {
  const output = quiet ? 'pipe' : 2
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', output, output], env: toolEnvironment() })
  /** @type {Buffer[]} */
  const printed = []
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ chunk) => printed.push(chunk))
  const [exitCode, signal] = /** @type {[number | null, NodeJS.Signals | null]} */ (await once(child, 'close'))
  if (exitCode === 0) return
  for (const chunk of printed) process.stderr.write(chunk)
  throw new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${exitCode}`}`)
}

/** The environment for tools: the workspace's own commands first, and npm's options for itself taken out. */
export function toolEnvironment() {
  const { npm_config_loglevel: _, ...environment } = process.env
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc'
  return {
    ...environment,
    PATH: [join(root, 'node_modules/.bin'), environment['PATH']].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    // Turbo's hash knows neither the platform nor the C library that an addon is built for.
    PACKET_LOGS_TARGET: `${process.platform}-${process.arch}-${libc}`
  }
}

async function installDependencies() {
  /** @type {{ packageManager: string }} */
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  const args = ['install', '--frozen-lockfile']
  if (existsSync(pnpm)) return await run(pnpm, [...args, '--reporter=append-only'], { quiet: true })
  process.stderr.write('Installing dependencies …\n')
  await run('npx', ['--yes', '--loglevel=error', packageManager, ...args])
}

/**
 * Waits until no other process prepares this checkout. The lock is an abstract unix socket: the kernel frees it when its
 * holder ends, however that ends, and no file is left. Only Linux has them; elsewhere there is no lock.
 */
async function takeTurns() {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16)
  for (let waited = false; ; waited = true) {
    const server = createServer()
    try {
      if (process.platform === 'linux') {
        server.listen(`\0packet-logs-prepare-${name}`)
        await once(server, 'listening')
      }
      return server
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
      if (!waited) process.stderr.write('Waiting for another command that is installing or building here …\n')
      await sleep(200)
    }
  }
}
