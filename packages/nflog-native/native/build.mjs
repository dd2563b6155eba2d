// Compiles the addon: `pnpm build:native`. Works offline when Node's headers lie beside its binary, as in every
// distribution of Node and most packages of it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const stampFile = join(folder, 'build/configured')

if (process.platform === 'linux') {
  build()
} else {
  process.stdout.write(`Nothing to compile: NFLOG exists on Linux only, and this is ${process.platform}.\n`)
}

function build() {
  const nodedir = headersBesideNode()
  const stamp = stampOf(nodedir)
  const isConfigured = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  if (!isConfigured) nodeGyp('configure', nodedir)
  writeFileSync(stampFile, stamp)
  nodeGyp('build', nodedir)
}

/** `npm_config_nodedir`, which node-gyp reads itself, goes first; without either it looks in its own cache. */
function headersBesideNode() {
  if (process.env['npm_config_nodedir']) return undefined
  const prefix = resolve(process.execPath, '../..')
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

/** @param {string | undefined} nodedir */
function stampOf(nodedir) {
  const inputs = [readFileSync(join(folder, 'binding.gyp')), process.version, process.arch]
  inputs.push(nodedir ?? '', process.env['npm_config_nodedir'] ?? '', folder)
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(input).update('\0')
  return hash.digest('hex')
}

/**
 * @param {'configure' | 'build'} command
 * @param {string | undefined} nodedir
 */
function nodeGyp(command, nodedir) {
  const bin = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  const options = ['--loglevel=warn', '--jobs=max', ...(nodedir ? [`--nodedir=${nodedir}`] : [])]
  const { status, error } = spawnSync(process.execPath, [bin, command, '-C', folder, ...options], { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
