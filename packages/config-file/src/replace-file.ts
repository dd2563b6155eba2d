import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, type FileMark, markOfHandle } from './file-contents.js'

const OWNER_ONLY = 0o600
const GROUP_RIGHTS = 0o070
/** A file that is mounted by itself, or stands in a directory that may not be written, cannot be replaced, only written. */
const IRREPLACEABLE: ReadonlySet<string> = new Set(['EBUSY', 'EROFS', 'EACCES'])

/**
 * Writes a file whole: who reads it sees what was there before or all of the new text, also after a loss of power.
 * Behind a link, what the link leads to is replaced. The owner stays, where that is allowed.
 * @param mode rights of the file; default those it has, 0o600 for a new one
 * @throws what the file system says; then what was there is still there
 */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  await replaceContents(path, text, mode)
}

/** As {@link replaceFile}; gives the mark by which the file is known as the one written here. */
export async function replaceContents(path: string, text: string, mode?: number): Promise<FileMark> {
  const target = await realpath(path).catch(() => path)
  const before = await stat(target).catch(() => undefined)
  const rights = mode ?? (before === undefined ? OWNER_ONLY : before.mode & 0o777)
  try {
    return await replace(target, before, text, rights)
  } catch (error) {
    if (before?.isFile() !== true || !IRREPLACEABLE.has(codeOf(error))) throw error
    return await overwrite(target, text, rights)
  }
}

async function replace(target: string, before: Stats | undefined, text: string, rights: number): Promise<FileMark> {
  const directory = dirname(target)
  const temporary = join(directory, `.${basename(target)}.${randomUUID()}.tmp`)
  const handle = await open(temporary, 'wx', OWNER_ONLY)
  try {
    const isOwned = before === undefined || (await takeOwner(handle, before))
    // What one group might do is nothing for another.
    await writeThrough(handle, text, isOwned ? rights : rights & ~GROUP_RIGHTS)
    await rename(temporary, target)
    await syncDirectory(directory)
    return await markOfHandle(handle)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** @returns whether the new file belongs to whom the old one did */
async function takeOwner(handle: FileHandle, { uid, gid }: Stats): Promise<boolean> {
  const own = await handle.stat()
  if (own.uid === uid && own.gid === gid) return true
  return handle.chown(uid, gid).then(
    () => true,
    () => false
  )
}

async function writeThrough(handle: FileHandle, contents: string | Uint8Array, rights: number): Promise<void> {
  // The process's mask has no say in what the rights are.
  await handle.chmod(rights)
  await handle.writeFile(contents)
  await handle.sync()
}

/** Who reads meanwhile may see a half, and a loss of power may leave one; but a full disk leaves what was there. */
async function overwrite(path: string, text: string, rights: number): Promise<FileMark> {
  const before = await readFile(path)
  try {
    return await writeInPlace(path, text, rights)
  } catch (error) {
    await writeInPlace(path, before, rights).catch(() => undefined)
    throw error
  }
}

async function writeInPlace(path: string, contents: string | Uint8Array, rights: number): Promise<FileMark> {
  const handle = await open(path, 'r+')
  try {
    await handle.truncate(0)
    await writeThrough(handle, contents, rights)
    return await markOfHandle(handle)
  } finally {
    await handle.close()
  }
}

/** That the name now leads to the new file is written down by the directory; some file systems have no way to ask for it. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error
  } finally {
    await handle.close()
  }
}
