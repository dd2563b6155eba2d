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
    return new StreamSink({ ...options, connect: async () => pipeSocket(openNonblocking(`/proc/self/fd/${fd}`)) })
  }
  // Nothing but a handle of our own on its descriptor can write to a socket without waiting.
  if (stat.isSocket()) return new StreamSink({ ...options, connect: async () => pipeSocket(fd) })
  if (!stat.isCharacterDevice()) return new FdSink(fd, options.preamble, options.counters)
  return new FdSink(ownDescription(fd), options.preamble, options.counters)
}

/** A socket that writes to a pipe and nothing else. */
export function pipeSocket(fd: number): Socket {
  return new Socket({ fd, readable: false, writable: true })
}

/** A terminal of somebody else's, after `su`, cannot be opened and is shared as it is. */
function ownDescription(fd: number): number {
  try {
    return openNonblocking(`/proc/self/fd/${fd}`)
  } catch {
    return fd
  }
}
