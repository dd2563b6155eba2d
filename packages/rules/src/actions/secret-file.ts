import { readFile, stat } from 'node:fs/promises'

/** A secret that cannot be had; the message names the file, and nothing that is in it. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError'
}

const MAX_BYTES = 64 * 1024

/** Reads a secret, without the white space behind it. Read for each use, so that a new one is used as soon as it is there. */
export async function readSecretFile(path: string, signal: AbortSignal): Promise<string> {
  let text: string
  try {
    // Opening a named pipe would wait for somebody to write into it.
    const stats = await stat(path)
    if (!stats.isFile()) throw new SecretFileError(`${path} is no file`)
    if (stats.size > MAX_BYTES) throw new SecretFileError(`${path} is longer than ${MAX_BYTES} bytes`)
    text = (await readFile(path, { encoding: 'utf8', signal })).trimEnd()
  } catch (error) {
    if (error instanceof SecretFileError || signal.aborted) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new SecretFileError(`${path} does not exist: it should hold a secret`)
    throw new SecretFileError(`${path} cannot be read (${code ?? 'unknown error'})`)
  }
  if (text === '') throw new SecretFileError(`${path} is empty: it should hold a secret`)
  return text
}
