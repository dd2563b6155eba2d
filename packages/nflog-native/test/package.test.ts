import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { namespacePrivilege } from '@packet-logs/lab'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './documents/markdown.js'

const here = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const headers = resolve(process.execPath, '../..')

interface Ran {
  readonly status: number | null
  readonly output: string
}

/** Runs a command where there is no network at all, and nothing of npm's is left from before. */
function runOffline(command: string, args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Ran {
  const wrapped = [...namespacePrivilege().unshare, command, ...args]
  const { status, stdout, stderr, error } = spawnSync('unshare', wrapped, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: cwd, npm_config_update_notifier: 'false', ...environment }
  })
  if (error) throw error
  return { status, output: stdout + stderr }
}

function succeed(...args: Parameters<typeof runOffline>): string {
  const { status, output } = runOffline(...args)
  if (status !== 0) throw new Error(`${args[0]} ${args[1].join(' ')} exited with ${String(status)}: ${output}`)
  return output
}

/** The tarball that `npm pack` makes of a folder. */
function pack(folder: string, into: string): string {
  const output = succeed('npm', ['pack', '--json', '--pack-destination', into], folder)
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('['))) as [{ filename: string }]
  return join(into, filename)
}

function folderOf(dependency: string): string {
  return dirname(require.resolve(`${dependency}/package.json`))
}

describe.runIf(process.platform === 'linux')('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nflog-native-package-'))
  const project = join(folder, 'project')
  const installed = join(project, 'node_modules/@packet-logs/nflog-native')
  let tarball: string

  beforeAll(() => {
    // As the registry gets it, with the addon added as the release adds it: by prebuildify, here for this platform only.
    const pnpm = resolve(here, '../../node_modules/.bin/pnpm')
    spawnSync(pnpm, ['pack', '--out', join(folder, 'packed.tgz')], { cwd: here, stdio: 'ignore' })
    succeed('tar', ['xf', 'packed.tgz'], folder)
    const unpacked = join(folder, 'package')
    const native = join(unpacked, 'native')
    rmSync(join(native, 'prebuilds'), { recursive: true, force: true })
    symlinkSync(join(here, 'node_modules'), join(unpacked, 'node_modules'))
    const prebuildify = join(folderOf('prebuildify'), 'bin.js')
    const options = ['--napi', '--strip', '--tag-libc']
    succeed(process.execPath, [prebuildify, ...options], native, { npm_config_nodedir: headers })
    rmSync(join(unpacked, 'node_modules'))
    rmSync(join(native, 'build'), { recursive: true })
    tarball = pack(unpacked, folder)
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  function open(): Ran {
    const script = `
      import { openNflog } from '@packet-logs/nflog-native'
      try { await openNflog({ groups: 4701 }).close(); console.log('opened') }
      catch (error) { console.log(error.code) }`
    return runOffline(process.execPath, ['--input-type=module', '-e', script], project)
  }

  it('has all that is documented, an addon for each C library it was built for, and nothing else', () => {
    const files = succeed('tar', ['tf', tarball], folder)
      .trim()
      .split('\n')
      .map(name => name.replace('package/', ''))
    const native = files.filter(name => name.startsWith('native/'))
    const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc'
    expect(native.filter(name => !/^native\/src\/\w+\.(cc|h)$/.test(name)).sort()).toEqual([
      'native/binding.gyp',
      `native/prebuilds/linux-${process.arch}/node.${libc}.node`
    ])
    const sources = readFileSync(join(here, 'native/binding.gyp'), 'utf8').match(/src\/\w+\.cc/g) ?? []
    for (const source of sources) expect(native).toContain(`native/${source}`)
    for (const page of readdirSync(join(here, 'docs'))) expect(files).toContain(`docs/${page}`)
    expect(files.filter(name => name.includes('.test.'))).toEqual([])
    expect(files.filter(name => !name.includes('/')).sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
  })

  it('is installed in an empty folder without network, compiler or scripts', () => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    symlinkSync(process.execPath, join(bin, 'node'))
    for (const tool of ['npm', 'unshare', 'sh']) {
      symlinkSync(succeed('sh', ['-c', `command -v ${tool}`], folder).trim(), join(bin, tool))
    }
    const loader = pack(folderOf('node-gyp-build'), folder)
    succeed('npm', ['install', '--offline', '--no-audit', '--no-fund', loader, tarball], project, { PATH: bin })
    const lock = readFileSync(join(project, 'package-lock.json'), 'utf8')
    expect(lock).not.toContain('hasInstallScript')
    expect(existsSync(join(installed, 'native/build'))).toBe(false)
    expect(open()).toEqual({ status: 0, output: 'opened\n' })
  })

  it('is compiled offline by the commands in the documents, where no addon fits', () => {
    rmSync(join(installed, 'native/prebuilds'), { recursive: true })
    expect(open()).toEqual({ status: 0, output: 'NFLOG_ADDON_MISSING\n' })
    const offline = codeBlocks('docs/compiling.md').find(({ text }) => text.includes('--offline'))?.text ?? ''
    const headerLibrary = pack(folderOf('node-addon-api'), folder)
    const commands = offline.replace('--offline node-addon-api', `--offline ${headerLibrary}`)
    expect(commands).toContain(headerLibrary)
    succeed('sh', ['-ec', commands], project)
    expect(existsSync(join(installed, 'native/build/Release/nflog.node'))).toBe(true)
    expect(open()).toEqual({ status: 0, output: 'opened\n' })
  }, 120_000)
})
