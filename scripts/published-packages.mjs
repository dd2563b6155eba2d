import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} PublishedPackage
 * @property {string} path folder of the package
 * @property {string} name
 * @property {{ version: string, exports: Record<string, unknown>, bin?: Record<string, string> }} manifest
 */

/**
 * The packages of this workspace that go to a registry.
 *
 * @returns {PublishedPackage[]}
 */
export function publishedPackages() {
  const root = fileURLToPath(new URL('..', import.meta.url))
  return ['packages', 'apps'].flatMap(parent =>
    readdirSync(join(root, parent)).flatMap(folder => {
      const path = join(root, parent, folder)
      /** @type {PublishedPackage['manifest'] & { name: string, private?: boolean }} */
      const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
      return manifest.private ? [] : [{ path, name: manifest.name, manifest }]
    })
  )
}
