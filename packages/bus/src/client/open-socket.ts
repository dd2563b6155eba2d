import { connect, type Socket } from 'node:net'
import { BusError, osCode } from '../errors.js'

/** The kernel says so when the listener's queue is full: come back in a moment. */
const BUSY_RETRY_MS = 20

/**
 * Connects to a unix socket.
 * @throws BusError `BUS_CONNECT`; `signal.reason`
 */
export async function openSocket(path: string, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt(path, Math.max(1, deadline - Date.now()), signal)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (osCode(error) !== 'EAGAIN' || Date.now() >= deadline) throw connectError(path, error)
    }
    await new Promise(resolve => setTimeout(resolve, BUSY_RETRY_MS))
  }
}

function attempt(path: string, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({ path })
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const onAbort = (): void => fail(new Error('aborted'))
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('error', fail)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}

/** Why there is no connection, and what to do about it; `code` is the operating system's. */
export function connectError(path: string, cause: unknown, code: string | undefined = osCode(cause)): BusError {
  return new BusError('BUS_CONNECT', `Cannot connect to the bus at ${path}: ${whatToDo(cause, code)}`, { path, cause })
}

function whatToDo(cause: unknown, code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such socket; start the bus, or give the path it listens on.'
    case 'ECONNREFUSED':
      return 'nobody listens behind the socket; start the bus again.'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; run as the user who owns the socket, or let the bus listen with a wider mode.'
    default:
      return `${cause instanceof Error ? cause.message : String(cause)}; see whether the bus is well.`
  }
}
