import { randomBytes } from 'node:crypto'
import { link, rename, rm, writeFile } from 'node:fs/promises'
import { UsageError } from '../exit-code.js'

/**
 * Writes a file that is there as a whole or not at all, readable by its owner alone.
 *
 * @throws UsageError when there is one and it is not to be replaced; Error when it cannot be written
 */
export async function writeNewFile(path: string, text: string, { isReplaced }: { isReplaced: boolean }): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600, flush: true })
    // Unlike a renamed file, a link never takes the place of another.
    await (isReplaced ? rename(draft, path) : link(draft, path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new UsageError(`${path} is there already and was kept; --force replaces it`, { cause: error })
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${path} cannot be written: ${reason}`, { cause: error })
  } finally {
    await rm(draft, { force: true })
  }
}
