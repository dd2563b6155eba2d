import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectSocket, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A gRPC client of a few lines, spelled out from the protocol. */
export interface RawGrpc {
  readonly socket: Socket
  readonly session: ClientHttp2Session
  call(method: string, message?: Buffer, headers?: Record<string, string>): RawCall
}

/** A message as it came; a `seq` of 0 is none. */
export interface Message {
  topic: string
  value: string
  seq: number
}

export interface RawCall {
  readonly stream: ClientHttp2Stream
  /** Resolves when the response begins. */
  readonly started: Promise<IncomingHttpHeaders>
  /** The `grpc-status`, or the code of the reset. */
  readonly status: Promise<string>
  /** Resolves with the messages when there are that many. */
  messages(count: number): Promise<Message[]>
}

export async function rawGrpc(path: string, options: { initialWindowSize?: number } = {}): Promise<RawGrpc> {
  const socket = connectSocket(path)
  const session = connect('http://localhost', { createConnection: () => socket, settings: options })
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve())
    session.once('error', reject)
  })
  return {
    socket,
    session,
    call: (method, message, headers = {}) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': method.startsWith('/') ? method : `/pubservice.PubsubService/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers
      })
      stream.on('error', () => undefined)
      if (message) stream.end(message)
      return watch(stream)
    }
  }
}

function watch(stream: ClientHttp2Stream): RawCall {
  const got: Message[] = []
  let rest = Buffer.alloc(0)
  let status: string | undefined
  let check = (): void => undefined
  const fail: ((error: Error) => void)[] = []
  stream.once('close', () => {
    for (const reject of fail) reject(new Error(`the call ended with ${status ?? stream.rstCode}`))
  })
  const read = (headers: IncomingHttpHeaders): void => {
    const found = headers['grpc-status']
    if (typeof found === 'string') status = found
  }
  stream.on('trailers', read)
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    rest = rest.subarray(takeMessages(rest, got))
    check()
  })
  return {
    stream,
    started: new Promise(resolve => {
      stream.once('response', headers => {
        read(headers)
        resolve(headers)
      })
    }),
    status: new Promise(resolve => {
      stream.once('close', () => resolve(status ?? `reset ${stream.rstCode}`))
    }),
    messages: count =>
      new Promise((resolve, reject) => {
        check = () => {
          if (got.length >= count) resolve([...got])
        }
        fail.push(reject)
        check()
      })
  }
}

/** A framed `pubservice.String`. */
export function message(topic: string, value: string): Buffer {
  const body = Buffer.concat([field(0x0a, Buffer.from(topic)), field(0x12, Buffer.from(value))])
  return frame(body)
}

export function frame(body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

function field(tag: number, content: Buffer): Buffer {
  return content.length === 0 ? content : Buffer.concat([Buffer.from([tag]), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>= 7
  }
  return Buffer.from([...bytes, rest])
}

/** Adds the messages that are whole; returns how many bytes they took. */
function takeMessages(bytes: Buffer, messages: Message[]): number {
  let at = 0
  while (at + 5 <= bytes.length) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    if (end > bytes.length) break
    const parsed = { topic: '', value: '', seq: 0 }
    for (let from = at + 5; from < end; ) {
      const tag = bytes[from]
      let length = 0
      from += 1
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[from] ?? 0
        from += 1
        length += (byte & 127) * 2 ** shift
        if (byte < 128) break
      }
      if (tag === 0x18) parsed.seq = length
      else {
        if (tag === 0x0a) parsed.topic = bytes.toString('utf8', from, from + length)
        else parsed.value = bytes.toString('utf8', from, from + length)
        from += length
      }
    }
    messages.push(parsed)
    at = end
  }
  return at
}
