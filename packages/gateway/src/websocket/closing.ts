import type { WebSocket } from 'ws'

/** The server or the bus goes away (RFC 6455, 7.4.1). */
export const GOING_AWAY = 1001
/** The client breaks the protocol. */
export const PROTOCOL_ERROR = 1002
/** The client did what it may not. */
export const POLICY_VIOLATION = 1008

/** How long a client may take to say good-bye. */
const CLOSE_MS = 2000

/** Closes a socket, and does not wait for the client's answer long. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  if (socket.readyState === socket.CLOSED) return
  const timer = setTimeout(() => socket.terminate(), CLOSE_MS)
  socket.once('close', () => clearTimeout(timer))
}
