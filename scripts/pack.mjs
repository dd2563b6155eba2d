// Packs every published package as a registry gets it, with the addon that was built here: `node scripts/pack.mjs FOLDER`.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toolEnvironment } from './prepare.mjs'
import { publishedPackages } from './published-packages.mjs'

const native = new URL('../packages/nflog-native/native/', import.meta.url)
const prebuilds = new URL('prebuilds/', native)

/**
 * @param {string} folder where the tarballs go; it must exist
 * @returns {string[]} their paths
 */
export function packPackages(folder) {
  try {
    // It stands in for the prebuilt ones that the release workflow puts into the package.
    if (process.platform === 'linux') {
      const target = new URL(`${process.platform}-${process.arch}/`, prebuilds)
      mkdirSync(target, { recursive: true })
      copyFileSync(new URL('build/Release/nflog.node', native), new URL('node.napi.node', target))
    }
    return publishedPackages().map(({ path, name }) => {
      const tarball = join(resolve(folder), `${name.replace('/', '-')}.tgz`)
      execFileSync('pnpm', ['pack', '--out', tarball], { cwd: path, stdio: 'ignore', env: toolEnvironment() })
      return tarball
    })
  } finally {
    rmSync(prebuilds, { recursive: true, force: true })
  }
}

const [, script, folder] = process.argv
if (script === fileURLToPath(import.meta.url)) {
  if (folder === undefined) throw new Error('Name the folder for the tarballs: node scripts/pack.mjs FOLDER')
  mkdirSync(folder, { recursive: true })
  packPackages(folder)
}
