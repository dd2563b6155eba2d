import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP connection that says exactly what it is told to. */
export interface RawConnection {
  readonly socket: Socket
  /** Everything received so far. */
  readonly received: string
  /** Resolves with all that was received, when the server has closed. */
  readonly closed: Promise<string>
}

export function rawConnection(url: string, text: string | Uint8Array = ''): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', () => undefined)
  if (text.length > 0) socket.write(text)
  const all = (): string => Buffer.concat(chunks).toString('latin1')
  return {
    socket,
    get received() {
      return all()
    },
    closed: new Promise(resolve => socket.once('close', () => resolve(all())))
  }
}

/** A handshake, with other headers than it ought to have. */
export function upgradeRequest(path: string, headers: Record<string, string | undefined> = {}): string {
  const all: Record<string, string | undefined> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

export const statusOf = (response: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(response)?.[1])
