import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { SpoolError } from './errors.js'

/** A claim is made and then written: for so long one without text is somebody's. */
const UNWRITTEN_MS = 2000

/**
 * Claims a spool for this process. What a process left that is gone counts for nothing; the start time tells it from a later
 * one with the same number.
 *
 * @returns gives the claim up
 * @throws SpoolError `SPOOL_IN_USE`
 */
export function lockSpool(path: string): () => void {
  const claim = `${process.pid} ${startTime(process.pid) ?? ''}`
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(path, claim, { flag: 'wx', mode: 0o600 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (attempt > 0) throw inUse('')
      takeAway(path, claim)
    }
  }
}

/** Removes the claim of a process that is gone. Of several that do so at once, one alone may go on. */
function takeAway(path: string, claim: string): void {
  const moved = `${path}.${process.pid}`
  try {
    const holder = readFileSync(path, 'utf8')
    const isUnwritten = holder === '' && Math.abs(Date.now() - statSync(path).mtimeMs) < UNWRITTEN_MS
    if (isUnwritten || (holder !== claim && isAlive(holder))) throw inUse(holder)
    renameSync(path, moved)
    const taken = readFileSync(moved, 'utf8')
    if (taken !== holder) {
      // Another process was faster, and this is its claim.
      renameSync(moved, path)
      throw inUse(taken)
    }
    rmSync(moved)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function isAlive(holder: string): boolean {
  const [pid = '', since = ''] = holder.split(' ')
  return since !== '' && startTime(Number(pid)) === since
}

function inUse(holder: string): SpoolError {
  const [pid = ''] = holder.split(' ')
  const message = `The spool is in use by ${pid === '' ? 'another process' : `process ${pid}`}; stop it, or name another directory with --spool`
  return new SpoolError('SPOOL_IN_USE', message)
}

/** When a process was started, in ticks since boot; `undefined` when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name, in parentheses, may hold blanks; the start time is the twentieth field behind it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
