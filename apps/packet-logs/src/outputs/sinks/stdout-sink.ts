import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { FdSink } from './fd-sink.js'
import { openNonblocking } from './nonblocking-fd.js'
import type { Sink } from './sink.js'
import { StreamSink, type StreamSinkOptions } from './stream-sink.js'

/**
 * Makes the sink of standard output, whatever that is: a pipe, a socket, a terminal, a file. A pipe whose reader leaves is
 * opened again when somebody reads it, which happens to named ones only.
 */
export function createStdoutSink(options: Omit<StreamSinkOptions, 'connect'>, fd = 1): Sink {
  const stat = fstatSync(fd)
  if (stat.isFIFO()) {
    const open = (): Socket =>
      new Socket({ fd: openNonblocking(`/proc/self/fd/${fd}`), readable: false, writable: true })
    return new StreamSink({ ...options, connect: async () => open() })
  }
  // A socket cannot be opened again, and the process's own stream never closes its descriptor, which others would get.
  if (stat.isSocket()) return new StreamSink({ ...options, connect: async () => process.stdout })
  if (!stat.isCharacterDevice()) return new FdSink(fd, options.preamble, options.counters)
  return new FdSink(ownDescription(fd), options.preamble, options.counters)
}

/** A terminal of somebody else's, after `su`, cannot be opened and is shared as it is. */
function ownDescription(fd: number): number {
  try {
    return openNonblocking(`/proc/self/fd/${fd}`)
  } catch {
    return fd
  }
}
