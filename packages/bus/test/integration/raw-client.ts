import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A client that writes and reads bytes, as `nc -U` would. */
export interface RawClient {
  readonly socket: Socket
  /** Everything received so far. */
  text(): string
  /** Resolves when the received text satisfies the condition, or the connection is over. */
  until(condition: (text: string) => boolean): Promise<string>
  /** Resolves with everything when the connection is over. */
  end(): Promise<string>
}

export async function rawClient(path: string, firstBytes?: string | Buffer): Promise<RawClient> {
  const socket = connect({ path, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let received = ''
  let over = false
  let check = (): void => undefined
  socket.setEncoding('utf8')
  socket.on('data', text => {
    received += String(text)
    check()
  })
  const onOver = (): void => {
    over = true
    check()
  }
  socket.on('end', onOver)
  socket.on('close', onOver)
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  if (firstBytes !== undefined) socket.write(firstBytes)
  const until = (condition: (text: string) => boolean): Promise<string> =>
    new Promise(resolve => {
      check = () => {
        if (over || condition(received)) resolve(received)
      }
      check()
    })
  return { socket, text: () => received, until, end: () => until(() => false) }
}

export function subscribeLine(prefix: string): string {
  return `${JSON.stringify({ topic: `subscribe:${prefix}` })}\n`
}
