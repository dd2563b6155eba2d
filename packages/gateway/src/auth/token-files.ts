import { open } from 'node:fs/promises'
import { GatewayError, osCode } from '../errors.js'
import { fileVersion } from '../file-version.js'
import type { Access, Authenticate } from '../options.js'
import { matchesAny, parseTokens, type TokenDigest } from './tokens.js'

/** How token files are read. */
export interface TokenFilesOptions {
  /** Hears once of each reason why a file stopped counting; its tokens let nobody in until it is mended. */
  readonly onProblem?: (error: GatewayError) => void
}

/** How long what was read is used unasked. */
const TRUST_MS = 1000
const MAX_FILE_BYTES = 1024 * 1024
const OTHERS_MAY = 0o006

/**
 * Lets in whoever knows a token that stands in one of the files: one per line, `#` begins a comment line. Files are read again
 * within a second of a change; one that is gone, empty or open to everybody then lets nobody in.
 * @throws TypeError; GatewayError `GATEWAY_TOKENS` when one cannot be used to begin with
 */
export async function tokenFiles(
  paths: string | readonly string[],
  { onProblem }: TokenFilesOptions = {}
): Promise<Authenticate> {
  const list = typeof paths === 'string' ? [paths] : [...paths]
  if (list.length === 0) throw new TypeError('paths: expected the path of a token file, or a list of them')
  const files = list.map(path => new TokenFile(path))
  for (const file of files) await file.load()
  let checkedMs = performance.now()
  let checking: Promise<void> | undefined

  const refresh = async (): Promise<void> => {
    try {
      for (const file of files) await file.reload(onProblem)
    } finally {
      checkedMs = performance.now()
      checking = undefined
    }
  }
  return async (token): Promise<Access | undefined> => {
    if (performance.now() - checkedMs >= TRUST_MS) checking ??= refresh()
    await checking
    return matchesAny(
      token,
      files.flatMap(file => file.digests)
    )
      ? {}
      : undefined
  }
}

class TokenFile {
  readonly #path: string
  #version: string | undefined
  #problem: string | undefined
  digests: readonly TokenDigest[] = []

  constructor(path: string) {
    this.#path = path
  }

  async load(): Promise<void> {
    try {
      // Before reading: a change meanwhile is seen the next time.
      this.#version = await fileVersion(this.#path)
      const { mode, text } = await readChecked(this.#path)
      if ((mode & OTHERS_MAY) !== 0) {
        const octal = (mode & 0o777).toString(8)
        throw this.#unusable(`everybody may read or write it (mode ${octal}); chmod 600 it, and change its tokens`)
      }
      this.digests = parseTokens(text, reason => this.#unusable(reason))
    } catch (error) {
      this.digests = []
      if (error instanceof GatewayError) throw error
      throw this.#unusable(`it cannot be read (${osCode(error) ?? String(error)}); check the path and its mode`, error)
    }
  }

  async reload(onProblem: ((error: GatewayError) => void) | undefined): Promise<void> {
    const version = await fileVersion(this.#path).catch(() => undefined)
    if (version !== undefined && version === this.#version) return
    this.#version = version
    try {
      await this.load()
      this.#problem = undefined
    } catch (error) {
      if (!(error instanceof GatewayError) || error.message === this.#problem) return
      this.#problem = error.message
      onProblem?.(error)
    }
  }

  #unusable(reason: string, cause?: unknown): GatewayError {
    const message = `No token of ${this.#path} counts: ${reason}.`
    return new GatewayError('GATEWAY_TOKENS', message, { path: this.#path, ...(cause !== undefined && { cause }) })
  }
}

async function readChecked(path: string): Promise<{ mode: number; text: string }> {
  const file = await open(path)
  try {
    // Of the open file, so that what is checked is what is read.
    const { mode, size } = await file.stat()
    if (size > MAX_FILE_BYTES) throw new RangeError(`it is longer than ${MAX_FILE_BYTES} bytes`)
    return { mode, text: await file.readFile('utf8') }
  } finally {
    await file.close()
  }
}
