// Compiles the addon: `pnpm build:native`, and with the argument `prebuildify` for the package: `pnpm prebuildify`. Works
// offline when Node's headers lie beside its binary, as in every distribution of Node and most packages of it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const stampFile = join(folder, 'build/configured')

if (process.platform === 'linux') {
  if (process.argv[2] === 'prebuildify') run('prebuildify', ['--napi', '--strip', '--tag-libc'])
  else build()
} else {
  process.stdout.write(`Nothing to compile: NFLOG exists on Linux only, and this is ${process.platform}.\n`)
}

function build() {
  const stamp = configurationStamp()
  const isConfigured = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  if (!isConfigured) run('node-gyp', ['configure', '--loglevel=warn'])
  writeFileSync(stampFile, stamp)
  run('node-gyp', ['build', '--loglevel=warn', '--jobs=max'])
}

/** What is named already goes first; without either, node-gyp looks in its own cache, then downloads. */
function headersFolder() {
  const named = process.env['npm_config_nodedir']
  if (named) return named
  const prefix = resolve(process.execPath, '../..')
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

function configurationStamp() {
  const inputs = [
    readFileSync(join(folder, 'binding.gyp')),
    process.version,
    process.arch,
    headersFolder() ?? '',
    folder
  ]
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(input).update('\0')
  return hash.digest('hex')
}

/**
 * Runs a command of this package's dependencies. A warning is an error here, and only here: a newer compiler elsewhere may
 * know more warnings.
 *
 * @param {'node-gyp' | 'prebuildify'} name
 * @param {string[]} args
 */
function run(name, args) {
  const require = createRequire(import.meta.url)
  const bin = require.resolve(name === 'node-gyp' ? 'node-gyp/bin/node-gyp.js' : 'prebuildify/bin.js')
  const nodedir = headersFolder()
  const { status, error } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    stdio: 'inherit',
    env: {
      ...process.env,
      CXXFLAGS: `${process.env['CXXFLAGS'] ?? ''} -Werror`,
      ...(nodedir && { npm_config_nodedir: nodedir })
    }
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
