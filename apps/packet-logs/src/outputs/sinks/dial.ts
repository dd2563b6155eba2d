import { connect, type NetConnectOpts, type Socket } from 'node:net'

const CONNECT_MS = 10_000
const KEEP_ALIVE_MS = 15_000

/** Connects to a TCP port or a unix stream socket; rejects after ten seconds. */
export function dial(options: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({ ...options, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS)
    const abort = (): void => void socket.destroy()
    signal.addEventListener('abort', abort, { once: true })
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error').removeAllListeners('close').removeAllListeners('connect')
    }
    let failure: Error | undefined
    socket.on('error', error => {
      failure = error
    })
    socket.once('close', () => {
      settle()
      reject(failure ?? new Error('the connection was given up'))
    })
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}
