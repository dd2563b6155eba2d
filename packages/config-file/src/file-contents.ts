import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, stat } from 'node:fs/promises'

/** Says whether a file is still what it was: any write, rename, change of rights or swap of a link makes another. */
export type FileMark = string

/** What a file holds. */
export interface FileContents {
  readonly mark: FileMark
  /** Undefined for a file that is not there. */
  readonly text: string | undefined
}

/** A file that is there and cannot be read as text. */
export class UnreadableFileError extends Error {
  readonly mark: FileMark

  constructor(message: string, mark: FileMark, options?: ErrorOptions) {
    super(message, options)
    this.mark = mark
  }
}

const MISSING: FileMark = 'missing'

interface FileStatus {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mode: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

function markOf({ dev, ino, size, mode, mtimeNs, ctimeNs }: FileStatus): FileMark {
  return [dev, ino, size, mode, mtimeNs, ctimeNs].join(' ')
}

/** A file's state without its contents. */
export interface FileState {
  readonly mark: FileMark
  /** When it was last written, in milliseconds since the epoch; undefined where that cannot be told. */
  readonly modifiedMs: number | undefined
}

/** The state of what a path leads to now. Never throws: that it cannot be told is a state as well. */
export async function stateOf(path: string): Promise<FileState> {
  try {
    const status = await stat(path, { bigint: true })
    return { mark: markOf(status), modifiedMs: Number(status.mtimeNs / 1_000_000n) }
  } catch (error) {
    return { mark: isMissing(error) ? MISSING : `unreachable ${codeOf(error)}`, modifiedMs: undefined }
  }
}

/** The mark of an open file. */
export async function markOfHandle(handle: FileHandle): Promise<FileMark> {
  return markOf(await handle.stat({ bigint: true }))
}

/**
 * Reads a text file whose size is bounded, without waiting on pipes.
 * @throws UnreadableFileError
 */
export async function readContents(path: string, maxBytes: number): Promise<FileContents> {
  let handle: FileHandle
  try {
    // A pipe without a writer would hold up who opens it.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (isMissing(cause)) return { mark: MISSING, text: undefined }
    throw new UnreadableFileError(`cannot be read: ${reasonOf(cause)}`, (await stateOf(path)).mark, { cause })
  }
  try {
    const status = await handle.stat({ bigint: true })
    const mark = markOf(status)
    const refuse = (problem: string): never => {
      throw new UnreadableFileError(problem, mark)
    }
    if (!status.isFile()) refuse('is no file')
    if (status.size > maxBytes) refuse(`has ${status.size} bytes, and ${maxBytes} at most are read`)
    const bytes = await readUpTo(handle, maxBytes)
    if (bytes === undefined) return refuse(`grew to more than ${maxBytes} bytes while it was read`)
    try {
      // The mark of afterwards: a file that was written to meanwhile is not the one that was looked at before.
      return { mark: await markOfHandle(handle), text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
    } catch {
      return refuse('is not text in UTF-8')
    }
  } catch (cause) {
    if (cause instanceof UnreadableFileError) throw cause
    throw new UnreadableFileError(`cannot be read: ${reasonOf(cause)}`, (await stateOf(path)).mark, { cause })
  } finally {
    await handle.close()
  }
}

const CHUNK_BYTES = 65_536

async function readUpTo(handle: FileHandle, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK_BYTES))
    if (bytesRead === 0) return Buffer.concat(chunks, length)
    chunks.push(buffer.subarray(0, bytesRead))
    length += bytesRead
    if (length > maxBytes) return undefined
  }
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The file system's name of an error, `EACCES`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
