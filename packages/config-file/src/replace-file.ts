import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, type FileMark, markOfHandle } from './file-contents.js'

/**
 * Writes a file whole: who reads it sees what was there before or all of the new text, also after a loss of power.
 * Behind a link, what the link leads to is replaced.
 * @param mode rights of the file, default 0o600
 * @throws what the file system says; then what was there is still there
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  await replaceContents(path, text, mode)
}

/** As {@link replaceFile}; gives the mark by which the file is known as the one written here. */
export async function replaceContents(path: string, text: string, mode: number): Promise<FileMark> {
  const target = await realpath(path).catch(() => path)
  const directory = dirname(target)
  const temporary = join(directory, `.${basename(target)}.${randomUUID()}.tmp`)
  const handle = await open(temporary, 'wx', mode)
  try {
    await writeThrough(handle, text, mode)
    await rename(temporary, target)
    await syncDirectory(directory)
    return await markOfHandle(handle)
  } catch (error) {
    await rm(temporary, { force: true })
    // A file that is mounted by itself cannot be replaced, only written.
    if (codeOf(error) !== 'EBUSY') throw error
    return await overwrite(target, text, mode)
  } finally {
    await handle.close()
  }
}

async function writeThrough(handle: FileHandle, text: string, mode: number): Promise<void> {
  // The process's mask has no say in what the rights are.
  await handle.chmod(mode)
  await handle.writeFile(text)
  await handle.sync()
}

async function overwrite(path: string, text: string, mode: number): Promise<FileMark> {
  const handle = await open(path, 'r+')
  try {
    await handle.truncate(0)
    await writeThrough(handle, text, mode)
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
