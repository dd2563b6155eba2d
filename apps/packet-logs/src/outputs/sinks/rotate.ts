import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const SUFFIXES = ['', '.gz']

/**
 * Moves PATH to PATH.1, PATH.1 to PATH.2 and so on, of which the last goes. Every step is one rename: whoever looks, or a loss
 * of power, finds whole files.
 *
 * @returns what compresses the new PATH.1, or does nothing
 */
export async function rotate(path: string, keep: number, compress: boolean): Promise<() => Promise<void>> {
  if (keep === 0) {
    await rm(path, { force: true })
    return async () => undefined
  }
  for (const suffix of SUFFIXES) await rm(`${path}.${keep}${suffix}`, { force: true })
  for (let number = keep - 1; number >= 1; number--) {
    for (const suffix of SUFFIXES) await move(`${path}.${number}${suffix}`, `${path}.${number + 1}${suffix}`)
  }
  await move(path, `${path}.1`)
  return compress ? () => gzip(`${path}.1`) : async () => undefined
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function gzip(path: string): Promise<void> {
  const unfinished = `${path}.gz.tmp`
  try {
    const { mode } = await stat(path)
    await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: mode & 0o777 }))
    await rename(unfinished, `${path}.gz`)
    await rm(path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
