import type { Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Who waited for a writer is woken by ours, and has no descriptor before it gets its turn. */
const MAX_LOOKS = 10
const LOOK_MS = 50

/**
 * Whether it is `tail` that has a FIFO open; undefined where `/proc` does not tell: of processes of other users without the right
 * to trace them, and of those outside of a container. False when the reader has gone meanwhile.
 */
export async function isReadByTail(fifo: Stats, isGone: () => boolean): Promise<boolean | undefined> {
  for (let look = 1; ; look++) {
    const command = await readerOf(fifo)
    if (command !== undefined) return command === 'tail'
    if (isGone()) return false
    if (look === MAX_LOOKS) return undefined
    await sleep(LOOK_MS)
  }
}

/** Name of the youngest process but this one that has a file open. */
async function readerOf({ dev, ino }: Stats): Promise<string | undefined> {
  const processes = (await orNothing(readdir('/proc')))?.map(Number).filter(pid => pid > 0 && pid !== process.pid)
  for (const pid of processes?.toSorted((a, b) => b - a) ?? []) {
    const folder = `/proc/${pid}/fd`
    const descriptors = (await orNothing(readdir(folder))) ?? []
    const files = await Promise.all(descriptors.map(descriptor => orNothing(stat(`${folder}/${descriptor}`))))
    if (!files.some(file => file?.ino === ino && file.dev === dev)) continue
    return (await orNothing(readFile(`/proc/${pid}/comm`, 'utf8')))?.trimEnd()
  }
  return undefined
}

/** Processes end while they are looked at, and hide from whom they do not belong to. */
async function orNothing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise
  } catch {
    return undefined
  }
}
