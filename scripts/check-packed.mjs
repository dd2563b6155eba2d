// Packs every published package as a registry gets it, installs the tarballs in an empty folder and uses them there as a
// plugin author does: import, require, and each command.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packPackages } from './pack.mjs'
import { publishedPackages } from './published-packages.mjs'

const folder = mkdtempSync(join(tmpdir(), 'packet-logs-packed-'))
try {
  const packages = publishedPackages()
  const tarballs = packPackages(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], folder)

  for (const { name, manifest } of packages) {
    for (const entry of Object.keys(manifest.exports).filter(entry => !entry.endsWith('.json'))) {
      use(`${name}${entry.slice(1)}`)
    }
    for (const command of Object.keys(manifest.bin ?? {})) {
      const help = run(join(folder, 'node_modules/.bin', command), ['--help'], folder)
      if (!help.includes(`Usage: ${command}`)) throw new Error(`${command} --help prints ${help}`)
    }
  }
  if (process.platform === 'linux') openAddon()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * Imports and requires a module and sees that both give the same.
 *
 * @param {string} specifier
 */
function use(specifier) {
  const script = `
    const imported = Object.keys(await import('${specifier}'))
    const required = Object.keys((await import('node:module')).createRequire('${folder}/x.js')('${specifier}'))
    if (imported.length === 0) throw new Error('${specifier} exports nothing')
    if (!imported.every(name => required.includes(name))) throw new Error('${specifier}: import and require differ')`
  run(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], folder)
}

/** Loads the prebuilt addon: with privilege the group opens, without it the kernel says no; both take the addon. */
function openAddon() {
  const script = `
    const { openNflog } = await import('@packet-logs/nflog-native')
    try {
      await openNflog({ groups: 65535 }).close()
    } catch (error) {
      if (error.code !== 'NFLOG_PERMISSION' && error.code !== 'NFLOG_GROUP_IN_USE') throw error
    }`
  run(process.execPath, ['--input-type=module', '-e', script], folder)
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
