import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SpoolError } from './errors.js'

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
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error
      const holder = readFileSync(path, 'utf8')
      const [pid = '', since = ''] = holder.split(' ')
      if (holder !== claim && startTime(Number(pid)) === since && since !== '') {
        const message = `The spool is in use by process ${pid}; stop it, or name another directory with --spool`
        throw new SpoolError('SPOOL_IN_USE', message, { cause: error })
      }
      rmSync(path, { force: true })
    }
  }
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
