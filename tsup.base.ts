import type { Options } from 'tsup'

/** How every package is bundled: ESM with types beside it. One object per package (two with `clean` delete each other's output). */
export function bundle(entry: string[]): Options {
  return {
    entry,
    format: ['esm'],
    target: 'node20',
    dts: true,
    sourcemap: true,
    clean: true,
    removeNodeProtocol: false
  }
}
