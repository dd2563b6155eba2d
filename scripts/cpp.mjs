import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { isInstalled } from './system-tools.mjs'

const usage = `Usage: node scripts/cpp.mjs format [--write]   clang-format, the version in package.json
       node scripts/cpp.mjs lint               clang-tidy
`

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.cc', '*.h', '*.c'], { encoding: 'utf8' })
  .split('\n')
  .filter(file => file !== '' && existsSync(file))

const [command, ...options] = process.argv.slice(2)
switch (command) {
  case 'format':
    process.exitCode = format(options.includes('--write'))
    break
  case 'lint':
    process.exitCode = lint()
    break
  default:
    process.stderr.write(usage)
    process.exitCode = 2
}

/** @param {boolean} write */
function format(write) {
  const mode = write ? ['-i'] : ['--dry-run', '--Werror']
  return spawnSync('clang-format', [...mode, ...files], { stdio: 'inherit' }).status ?? 1
}

function lint() {
  if (!isInstalled('clang-tidy')) {
    process.stderr.write('SKIPPED C++ lint: clang-tidy is not installed. Type: sudo apt-get install clang-tidy\n')
    return process.env['CI'] ? 1 : 0
  }
  const native = createRequire(resolve('packages/nflog-native/package.json'))
  const includes = [nodeHeaders(), dirname(native.resolve('node-addon-api'))]
  const flags = [
    '-std=c++17',
    '-DNAPI_VERSION=8',
    '-DNAPI_DISABLE_CPP_EXCEPTIONS',
    ...includes.map(i => `-isystem${i}`)
  ]
  const sources = files.filter(file => file.endsWith('.cc'))
  const { status, stdout, stderr } = spawnSync('clang-tidy', ['--quiet', ...sources, '--', ...flags], {
    encoding: 'utf8'
  })
  if (status !== 0) process.stderr.write(`${stdout}${stderr}`)
  return status ?? 1
}

/** Node's own headers: beside the running binary, or where npm was told that they are. */
function nodeHeaders() {
  const folders = [process.env['npm_config_nodedir'], resolve(process.execPath, '../..')]
  for (const folder of folders) {
    const headers = folder && join(folder, 'include/node')
    if (headers && existsSync(join(headers, 'node_api.h'))) return headers
  }
  throw new Error(
    'Node headers (node_api.h) were not found; set npm_config_nodedir to a folder with include/node in it'
  )
}
