import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Every module an entry loads, and what it takes from outside. */
function loaded(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (url: URL): void => {
    if (files.has(url.pathname)) return
    files.add(url.pathname)
    const text = readFileSync(url, 'utf8')
    for (const [, isType, from = ''] of text.matchAll(/^(?:import|export)( type)? [^'"]*?from '([^']+)'$/gm)) {
      if (isType !== undefined) continue
      if (from.startsWith('.')) visit(new URL(from.replace(/\.js$/, '.ts'), url))
      else packages.add(from)
    }
  }
  visit(new URL(`../src/${entry}`, import.meta.url))
  return { files, packages }
}

describe('the entries', () => {
  it('load nothing from outside, not even from Node', () => {
    const { files, packages } = loaded('index.ts')
    expect(files.size).toBeGreaterThan(50)
    expect([...packages]).toEqual([])
  })

  it('load cryptography only where it is asked for', () => {
    const { packages } = loaded('quic/index.ts')
    expect([...packages].sort()).toEqual(['@noble/ciphers/aes.js', '@noble/hashes/hkdf.js', '@noble/hashes/sha2.js'])
  })
})
