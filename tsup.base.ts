import type { Options } from 'tsup'

/** How every published package is bundled: ESM with types beside it. One object per package: two with `clean` delete each other's output. */
export function bundle(entry: string[]): Options {
  return { ...bundlePrivate(entry), dts: true }
}

/** A package that stays in this workspace, where types come from its sources: none are written, which takes most of the time. */
export function bundlePrivate(entry: string[]): Options {
  return {
    entry,
    format: ['esm'],
    target: 'node20',
    sourcemap: true,
    clean: true,
    removeNodeProtocol: false
  }
}
