import { closeSync, constants, openSync } from 'node:fs'

const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants

/**
 * Opens a FIFO, pipe or terminal for writing, without ever waiting. Of a path such as `/proc/self/fd/1` this makes a description
 * of its own, so that others who have the old one keep the mode they know.
 * @throws Error `ENXIO` when nobody reads it
 */
export function openNonblocking(path: string): number {
  return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
}

/** Whether somebody has the FIFO or pipe behind a file descriptor open for reading. */
export function hasReader(fd: number): boolean {
  try {
    closeSync(openNonblocking(`/proc/self/fd/${fd}`))
    return true
  } catch (error) {
    // Without /proc the next write will tell.
    return (error as NodeJS.ErrnoException).code !== 'ENXIO'
  }
}
