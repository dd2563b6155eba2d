import { lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const WRITABLE_BY_ALL = 0o002

/**
 * Refuses what another user put where anyone may put things, as in `/tmp`: a link would lead the packets, and what is written
 * over them, elsewhere; a file or FIFO of his own would show them to him.
 * @throws Error saying what to do
 */
export function refusePlanted(path: string): void {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined || entry.uid === 0 || entry.uid === process.geteuid?.()) return
  if ((statSync(dirname(path)).mode & WRITABLE_BY_ALL) === 0) return
  throw new Error(
    `${path} belongs to another user (${entry.uid}), in a folder where anyone may put things; remove it, or name a path in a folder of its own`
  )
}
