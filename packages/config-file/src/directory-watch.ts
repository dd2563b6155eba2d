import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

interface WatchedDirectory {
  readonly watcher: FSWatcher
  /** Of the directory itself: another one may come to stand at its path. */
  readonly identity: string
}

/**
 * Watches the directories that a path leads through at its end: its own, and behind a link that of the file. The file
 * itself is not watched, as a watch on it would stay with the file that the first rename replaces.
 */
export class DirectoryWatch {
  readonly #path: string
  readonly #onEvent: () => void
  readonly #watched = new Map<string, WatchedDirectory>()
  #isClosed = false

  constructor(path: string, onEvent: () => void) {
    this.#path = path
    this.#onEvent = onEvent
  }

  /** Watches the directories there are now. Where none can be watched, whoever uses this has to look by himself. */
  async renew(): Promise<void> {
    const target = await realpath(this.#path).catch(() => this.#path)
    const names = new Map([[dirname(target), basename(target)]])
    names.set(dirname(this.#path), basename(this.#path))
    for (const directory of this.#watched.keys()) if (!names.has(directory)) this.#forget(directory)
    for (const [directory, name] of names) await this.#watch(directory, name)
  }

  async #watch(directory: string, name: string): Promise<void> {
    const identity = await stat(directory).then(
      ({ dev, ino }) => `${dev} ${ino}`,
      () => undefined
    )
    if (this.#watched.get(directory)?.identity === identity) return
    this.#forget(directory)
    if (identity === undefined || this.#isClosed) return
    try {
      const own = basename(directory)
      const watcher = watch(directory, { persistent: false }, (_, changed) => {
        // By its own name a directory tells that it is gone. One that takes its place may well get the same inode.
        if (changed === own) this.#forget(directory)
        // Kubernetes swaps a link called `..data` beside the file.
        if (changed === null || changed === name || changed === own || changed.startsWith('..')) this.#onEvent()
      })
      // The kernel's limit on watches, or a directory that went away.
      watcher.on('error', () => {
        this.#forget(directory)
      })
      this.#watched.set(directory, { watcher, identity })
    } catch {
      // Not every file system can tell of changes.
    }
  }

  #forget(directory: string): void {
    this.#watched.get(directory)?.watcher.close()
    this.#watched.delete(directory)
  }

  close(): void {
    this.#isClosed = true
    for (const directory of [...this.#watched.keys()]) this.#forget(directory)
  }
}
