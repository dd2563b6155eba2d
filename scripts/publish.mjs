// Publishes every package whose version is not on the registry yet. pnpm packs (it resolves `workspace:` and `catalog:`),
// npm publishes (it signs in as the workflow itself and adds the provenance).
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, toolEnvironment } from './prepare.mjs'
import { publishedPackages } from './published-packages.mjs'

const prebuilds = ['linux-x64', 'linux-arm64'].flatMap(target => ['glibc', 'musl'].map(libc => ({ target, libc })))
for (const { target, libc } of prebuilds) {
  const folder = join(root, 'packages/nflog-native/native/prebuilds', target)
  const isThere = existsSync(folder) && readdirSync(folder).some(file => file.endsWith(`.${libc}.node`))
  if (!isThere) throw new Error(`${folder} holds no addon for ${libc}; nothing was published`)
}

const tarballs = mkdtempSync(join(tmpdir(), 'packet-logs-publish-'))
try {
  publishedPackages().forEach(publish)
  execFileSync('changeset', ['tag'], { cwd: root, stdio: 'inherit', env: toolEnvironment() })
} finally {
  rmSync(tarballs, { recursive: true, force: true })
}

/** @param {import('./published-packages.mjs').PublishedPackage} published */
function publish({ path, name, manifest: { version } }) {
  const isPublished =
    spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' }).stdout.trim() !== ''
  if (isPublished) return
  const tarball = join(tarballs, `${name.replace('/', '-')}.tgz`)
  execFileSync('pnpm', ['pack', '--out', tarball], { cwd: path, stdio: 'inherit', env: toolEnvironment() })
  execFileSync('npm', ['publish', tarball, '--access', 'public', '--provenance'], { stdio: 'inherit' })
}
