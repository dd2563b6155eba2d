import type { RawData, WebSocket } from 'ws'
import type { Door } from '../auth/door.js'
import type { LoginOutcome } from '../options.js'
import type { Way } from '../place.js'
import { closeSocket, POLICY_VIOLATION } from './closing.js'

/** What SPR's API answers, word for word. */
const ANSWERS: Readonly<Record<LoginOutcome, string>> = {
  success: 'success',
  failure: 'Authentication failure',
  otp: 'Invalid JWT OTP'
}

/**
 * SPR's handshake: the client's first frame is a token or `user:password[:otp]`, answered in plain text. Resolves whether it
 * was right; if not, the socket is being closed by then.
 */
export function awaitSprLogin(socket: WebSocket, door: Door, way: Way, loginMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => finish('failure'), loginMs)
    let isOver = false
    const finish = (outcome: LoginOutcome): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      const isIn = outcome === 'success' && socket.readyState === socket.OPEN
      if (socket.readyState === socket.OPEN) socket.send(ANSWERS[outcome])
      if (!isIn) closeSocket(socket, POLICY_VIOLATION, ANSWERS[outcome])
      resolve(isIn)
    }
    socket.once('close', () => finish('failure'))
    socket.once('message', (data, isBinary) => {
      judge(data, isBinary, door, way).then(finish, () => finish('failure'))
    })
  })
}

async function judge(data: RawData, isBinary: boolean, door: Door, way: Way): Promise<LoginOutcome> {
  if (isBinary) return 'failure'
  const text = textOf(data)
  // A colon always means a password, whatever else would be let in without one.
  if (text.includes(':')) return door.logIn(text, way.source)
  if (!way.place.asksTokens) return 'success'
  return (await door.admitWholly(text, way.source)) ? 'success' : 'failure'
}

/** A text frame's text, however the library chose to hold it. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}
