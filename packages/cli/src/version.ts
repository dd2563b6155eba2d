import { readFileSync } from 'node:fs'

/** The version of this package, from its manifest: `src/` and `dist/` sit at the same depth. */
export function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
