import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { NflogError } from './errors.js'
import type { Addon } from './native.js'
import { layoutVersion, recordWords } from './packet-layout.js'

const require = createRequire(import.meta.url)

/**
 * Loads the compiled half of this package: a local build first, else the prebuilt one for this platform.
 *
 * @throws NflogError `NFLOG_UNSUPPORTED_PLATFORM` outside Linux, `NFLOG_ADDON_MISSING` without a fitting binary.
 */
export function loadAddon(): Addon {
  if (process.platform !== 'linux') {
    throw new NflogError(
      'NFLOG_UNSUPPORTED_PLATFORM',
      `NFLOG is a part of Linux, and this is ${process.platform}; run on Linux, or in a Linux container or VM`
    )
  }
  const load = require('node-gyp-build') as (folder: string) => Addon
  // src/ and dist/ lie equally deep.
  const folder = fileURLToPath(new URL('../native', import.meta.url))
  let addon: Addon
  try {
    addon = load(folder)
  } catch (cause) {
    throw missing('there is no compiled addon that fits', folder, cause)
  }
  if (addon.layoutVersion !== layoutVersion || addon.recordWords !== recordWords) {
    throw missing('the compiled addon is of another version of this package', folder)
  }
  return addon
}

function missing(what: string, folder: string, cause?: unknown): NflogError {
  return new NflogError(
    'NFLOG_ADDON_MISSING',
    `${what} (linux ${process.arch}, Node ${process.version}); ` +
      `reinstall the package, or compile it: npm install node-addon-api && npx node-gyp rebuild -C '${folder}'`,
    { cause }
  )
}
