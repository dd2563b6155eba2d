import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** What stands behind the name of a rotated file. */
const NUMBERED = /^([1-9]\d{0,3})(\.gz)?$/

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
  for (const { number, suffix } of await rotated(path)) {
    if (number >= keep) await rm(`${path}.${number}${suffix}`, { force: true })
    else await move(`${path}.${number}${suffix}`, `${path}.${number + 1}${suffix}`)
  }
  await move(path, `${path}.1`)
  return compress ? () => gzip(`${path}.1`) : async () => undefined
}

/** The files that were rotated before, the oldest first. */
async function rotated(path: string): Promise<{ number: number; suffix: string }[]> {
  const prefix = `${basename(path)}.`
  const found: { number: number; suffix: string }[] = []
  for (const name of await readdir(dirname(path))) {
    const parts = name.startsWith(prefix) ? NUMBERED.exec(name.slice(prefix.length)) : null
    if (parts !== null) found.push({ number: Number(parts[1]), suffix: parts[2] ?? '' })
  }
  return found.toSorted((a, b) => b.number - a.number)
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
    // One that was left behind, or a link that somebody else put there.
    await rm(unfinished, { force: true })
    const file = createWriteStream(unfinished, { flags: 'wx', mode: mode & 0o777, flush: true })
    await pipeline(createReadStream(path), createGzip(), file)
    await rename(unfinished, `${path}.gz`)
    await rm(path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
