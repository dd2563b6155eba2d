import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryWatch } from './directory-watch.js'
import { ConfigError } from './errors.js'
import { type FileMark, readContents, stateOf, UnreadableFileError } from './file-contents.js'
import { replaceContents } from './replace-file.js'

/** What a file is watched for. */
export interface WatchFileOptions<Value> {
  /**
   * Makes of the file's text what it is for; undefined stands for a file that is not there. What it throws is a problem
   * of the file.
   */
  readonly parse: (text: string | undefined) => Value
  /** The file says something new, at the start or later. */
  readonly onLoad: (value: Value, text: string | undefined) => void
  /** The file cannot be used: what `parse` threw, or a ConfigError `CONFIG_UNREADABLE`. Told once for each state of the file. */
  readonly onProblem: (error: unknown) => void
  /** How long a file has to stay as it is before it is read, in milliseconds. Default 100. */
  readonly settleMs?: number
  /** How long a file may be missing or unusable, as one is that is being written, before that counts. Default 500 ms. */
  readonly graceMs?: number
  /** How often the file is looked at where the system tells of no change, in milliseconds. Default 2000. */
  readonly pollMs?: number
  /** The largest file that is read, in bytes. Default 16 MiB. */
  readonly maxBytes?: number
  /** Stops watching. */
  readonly signal?: AbortSignal
}

/** A file that is being watched. */
export interface WatchedFile extends AsyncDisposable {
  readonly path: string
  /** Looks now, and waits until what is there has been told. */
  refresh(): Promise<void>
  /**
   * Writes the file whole, without telling of it as a change. A file that was there keeps its owner and rights, a new one is
   * for its owner only (0600).
   * @throws what the file system says; then what was there is still there
   */
  write(text: string): Promise<void>
  close(): Promise<void>
}

const DEFAULT_SETTLE_MS = 100
const DEFAULT_GRACE_MS = 500
const DEFAULT_POLL_MS = 2000
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
/** What was last written longer ago than this is not being written. */
const OLD_MS = 1000
/** A file that never stays the same is given up on after so many times of grace. */
const RESTLESS_GRACES = 10

/**
 * Follows a file through writes in place, atomic renames, swapped links, deletion and directories that come later; what
 * is half written is waited out. Does not keep the process alive.
 * @returns after the first look has been told
 */
export async function watchFile<Value>(path: string, options: WatchFileOptions<Value>): Promise<WatchedFile> {
  options.signal?.throwIfAborted()
  const watched = new FileWatch(path, options)
  await watched.start()
  return watched
}

class FileWatch<Value> implements WatchedFile {
  readonly path: string
  readonly #options: WatchFileOptions<Value>
  readonly #directories: DirectoryWatch
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  /** The state of the file that was told last. */
  #told: FileMark | undefined
  /** What was told last, unless a problem came after it: the same again is no news. */
  #loaded: Loaded<Value> | undefined
  #isMissing = true
  /** Whether it was told that the file never stays the same, and nothing since. */
  #isRestless = false
  /** Looks and writes, one after the other. */
  #work: Promise<void> = Promise.resolve()
  /** Whether a look is waiting that has not begun. */
  #isLookDue = false

  constructor(path: string, options: WatchFileOptions<Value>) {
    this.path = path
    this.#options = options
    this.#directories = new DirectoryWatch(path, () => {
      this.#lookSoon()
    })
    this.#timer = setInterval(() => {
      this.#lookSoon()
    }, options.pollMs ?? DEFAULT_POLL_MS).unref()
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  readonly #onAbort = (): void => {
    void this.close()
  }

  async start(): Promise<void> {
    await this.#directories.renew()
    await this.refresh()
  }

  refresh(): Promise<void> {
    return this.#then(() => this.#look())
  }

  write(text: string): Promise<void> {
    return this.#then(async () => {
      this.#told = await replaceContents(this.path, text)
      this.#isMissing = false
      // What others write next is news, also when it is what was told before this.
      this.#loaded = undefined
    })
  }

  #lookSoon(): void {
    if (this.#isLookDue || this.#closing.signal.aborted) return
    this.#isLookDue = true
    void this.#then(() => {
      this.#isLookDue = false
      return this.#look()
    })
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }

  async #look(): Promise<void> {
    const { settleMs = DEFAULT_SETTLE_MS, graceMs = DEFAULT_GRACE_MS } = this.#options
    const giveUpMs = performance.now() + RESTLESS_GRACES * graceMs
    while (!this.#closing.signal.aborted) {
      await this.#directories.renew()
      const { mark, modifiedMs } = await stateOf(this.path)
      if (mark === this.#told) return
      // At the start nobody has been seen writing; a file that has been there for a while is whole.
      const isQuiet = this.#told === undefined && (modifiedMs === undefined || modifiedMs < Date.now() - OLD_MS)
      // Read only after it stayed the same: clocks of file systems are too coarse to tell two quick writes apart.
      if (isQuiet || (await this.#stays(mark, settleMs))) {
        const outcome = await this.#read()
        const isSure = isQuiet || !this.#isDoubtful(outcome) || (await this.#stays(mark, graceMs - settleMs))
        if (outcome.mark === mark && isSure) {
          this.#told = mark
          this.#tell(outcome)
          return
        }
      }
      if (performance.now() > giveUpMs) {
        if (!this.#isRestless) this.#tellProblem(this.#unreadable('changes all the time'))
        this.#isRestless = true
        return
      }
    }
  }

  async #read(): Promise<Outcome<Value>> {
    const { maxBytes = DEFAULT_MAX_BYTES, parse } = this.#options
    try {
      const { mark, text } = await readContents(this.path, maxBytes)
      if (this.#loaded !== undefined && text === this.#loaded.text) return { mark, ...this.#loaded }
      try {
        return { mark, text, value: parse(text) }
      } catch (error) {
        return { mark, error }
      }
    } catch (cause) {
      if (!(cause instanceof UnreadableFileError)) throw cause
      return { mark: cause.mark, error: this.#unreadable(cause.message, { cause }) }
    }
  }

  #unreadable(problem: string, options?: ErrorOptions): ConfigError {
    const message = `${this.path} ${problem}; what was read before stays in force`
    return new ConfigError('CONFIG_UNREADABLE', message, [], options)
  }

  /** Whether it may be that somebody is about to write the file. */
  #isDoubtful(outcome: Outcome<Value>): boolean {
    return 'error' in outcome || (outcome.text === undefined && !this.#isMissing)
  }

  /** Whether the file is left alone for a time. */
  async #stays(mark: FileMark, quietMs: number): Promise<boolean> {
    const { signal } = this.#closing
    const step = Math.min(quietMs, this.#options.settleMs ?? DEFAULT_SETTLE_MS)
    for (let waitedMs = 0; waitedMs < quietMs; waitedMs += step) {
      await sleep(step, undefined, { signal }).catch(() => undefined)
      if (signal.aborted || (await stateOf(this.path)).mark !== mark) return false
    }
    return true
  }

  #tell(outcome: Outcome<Value>): void {
    this.#isRestless = false
    if ('error' in outcome) {
      this.#tellProblem(outcome.error)
      return
    }
    const { text, value } = outcome
    this.#isMissing = text === undefined
    if (text === this.#loaded?.text && this.#loaded !== undefined) return
    this.#loaded = { text, value }
    this.#options.onLoad(value, text)
  }

  #tellProblem(error: unknown): void {
    this.#loaded = undefined
    this.#options.onProblem(error)
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    clearInterval(this.#timer)
    this.#closing.abort()
    this.#directories.close()
    await this.#work
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** What was read, by the mark of the file it was read from. */
type Outcome<Value> = { readonly mark: FileMark } & (Loaded<Value> | { readonly error: unknown })

interface Loaded<Value> {
  readonly text: string | undefined
  readonly value: Value
}
