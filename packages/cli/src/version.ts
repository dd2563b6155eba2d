import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Manifest {
  version: string
  dependencies?: Record<string, string>
}

// `src/` and `dist/` sit at the same depth.
const manifestUrl = new URL('../package.json', import.meta.url)

/** The version of this package, from its manifest. */
export function readVersion(): string {
  return readManifest(manifestUrl).version
}

/** The versions of the packages of the same family that this one is made of, as they are installed beside it. */
export function readPackageVersions(): Record<string, string> {
  const require = createRequire(import.meta.url)
  const { dependencies = {} } = readManifest(manifestUrl)
  const names = Object.keys(dependencies).filter(name => name.startsWith('@packet-logs/'))
  return Object.fromEntries(
    names.map(name => [name, readManifest(require.resolve(`${name}/package.json`)).version] as const)
  )
}

function readManifest(path: string | URL): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}
