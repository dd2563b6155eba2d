import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Io } from './io.js'

const endingGraceMs = 1_000

/** The process as a command sees it. Signals, and a reader that went away (EPIPE, as with `| head`), end the command. */
export function processIo(): Io {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end)
  const stdout = openStdout()
  stdout.on('error', end)
  // With stderr gone there is nobody left to tell, but events still have their reader.
  process.stderr.on('error', () => undefined)
  // Told to end, it does not wait for ever for a reader that is stuck.
  const destroy = (): void => void stdout.destroy()
  ending.signal.addEventListener('abort', () => setTimeout(destroy, endingGraceMs).unref())
  return { stdin: process.stdin, stdout, stderr: process.stderr, env: process.env, signal: ending.signal }
}

/**
 * Node writes to pipes synchronously: a slow reader would stop timers and signals too. A second, non-blocking handle on
 * the same pipe waits in the event loop instead. Terminals and files stay as they are.
 */
function openStdout(): Io['stdout'] {
  const { stdout } = process
  const isPipe = stdout instanceof Socket && !stdout.isTTY
  return isPipe ? new Socket({ fd: reopen(stdout.fd), readable: false, writable: true }) : stdout
}

/** A description of our own, because being non-blocking would otherwise hold for everyone who shares the pipe. */
function reopen(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    // A socket cannot be opened again, nor can a pipe that belongs to another user.
    return fd
  }
}
