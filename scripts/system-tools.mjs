import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'

/** The Debian package that holds each tool that a script or a test runs, or each library it compiles with. */
const debianPackages = {
  'c++': 'g++',
  'clang++': 'clang',
  'clang-tidy': 'clang-tidy',
  editcap: 'tshark',
  go: 'golang-go',
  'grpc-go': 'golang-google-grpc-dev',
  influxd: 'influxdb',
  ip: 'iproute2',
  libfuzzer: 'libclang-rt-dev',
  make: 'make',
  nft: 'nftables',
  ping: 'iputils-ping',
  python3: 'python3',
  'systemd-analyze': 'systemd',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  unshare: 'util-linux',
  'victoria-metrics': 'victoria-metrics'
}

/** @typedef {keyof typeof debianPackages} Tool */

/** What is no command on the PATH, but a file: where it is. */
const libraryFiles = new Map([
  ['grpc-go', () => '/usr/share/gocode/src/google.golang.org/grpc/server.go'],
  ['libfuzzer', fuzzerRuntime]
])

// A user's PATH often lacks the folders where nft and ip live.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']
process.env['PATH'] = [process.env['PATH'] ?? '', ...systemFolders].join(':')

/**
 * Looks for tools on the PATH and installs what is missing where that is possible: as root, with apt.
 *
 * @param {readonly Tool[]} tools
 * @returns {Tool[]} the tools that are still missing
 */
export function ensureTools(tools) {
  const missing = tools.filter(tool => !isInstalled(tool))
  if (missing.length === 0) return []
  const packages = [...new Set(missing.map(tool => debianPackages[tool]))]
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    process.stderr.write(`Installing ${packages.join(', ')} with apt-get …\n`)
    const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']
    run('apt-get', ['update', '-q'])
    // One by one: a package that this distribution does not have must not keep the others away.
    for (const name of packages) run('apt-get', ['install', ...options, name])
  }
  return missing.filter(tool => !isInstalled(tool))
}

/**
 * What a person has to type to get tools that are missing.
 *
 * @param {readonly Tool[]} tools
 */
export function howToInstall(tools) {
  return `sudo apt-get install ${[...new Set(tools.map(tool => debianPackages[tool]))].join(' ')}`
}

/** @param {string} tool */
export function isInstalled(tool) {
  const libraryFile = libraryFiles.get(tool)
  if (libraryFile !== undefined) return existsSync(libraryFile())
  return (process.env['PATH'] ?? '').split(':').some(folder => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Only clang knows where its version of the library is; it answers with the mere name when there is none. */
function fuzzerRuntime() {
  const processor = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const { stdout } = spawnSync('clang++', [`-print-file-name=libclang_rt.fuzzer-${processor}.a`], { encoding: 'utf8' })
  return (stdout ?? '').trim()
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  })
}
