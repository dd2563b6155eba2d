import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { EMPTY_FRAME } from './message.js'
import { HELLO } from './methods.js'
import { type GrpcStatus, OK, parseStatus, UNIMPLEMENTED } from './status.js'

/** What a bus may have under way to us: a bus that waits for its slowest reader should not wait for a round trip. */
const STREAM_WINDOW_BYTES = 1024 * 1024
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024

const HEADERS = {
  ':method': 'POST',
  'content-type': 'application/grpc+proto',
  te: 'trailers',
  'grpc-accept-encoding': 'identity',
  'user-agent': 'packet-logs-bus'
}

/** A call that was made. */
export interface GrpcCall {
  readonly stream: ClientHttp2Stream
  /** How it ended; `undefined` when the bus did not say. Never rejects. */
  readonly status: Promise<GrpcStatus | undefined>
}

/** One HTTP/2 connection to a bus, on a socket that somebody else watches: it fails and ends with it. */
export class GrpcSession {
  readonly #session: ClientHttp2Session
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.#session = connect('http://localhost', {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES }
    })
    this.#session.once('connect', () => this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES))
    this.#session.on('error', (error: Error) => socket.destroy(error))
  }

  /** Calls a method with one framed message; `undefined` when the connection takes no more calls, which ends it. */
  call(path: string, frame: Buffer, metadata: Readonly<Record<string, string>> = {}): GrpcCall | undefined {
    if (this.#session.closed || this.#session.destroyed) {
      this.#socket.destroy()
      return undefined
    }
    const stream = this.#session.request({ ...HEADERS, ...metadata, ':path': path })
    let status: GrpcStatus | undefined
    const read = (headers: IncomingHttpHeaders): void => {
      status = parseStatus(headers) ?? status
    }
    stream.once('response', read)
    stream.once('trailers', read)
    // 'close' follows, without a status.
    stream.on('error', () => undefined)
    stream.end(frame)
    return { stream, status: new Promise(resolve => stream.once('close', () => resolve(status))) }
  }

  /** Whether the bus is one of ours; `undefined` when there was no answer in gRPC. */
  async hello(): Promise<boolean | undefined> {
    const call = this.call(HELLO, EMPTY_FRAME)
    call?.stream.resume()
    const status = await call?.status
    if (status?.code === OK) return true
    return status?.code === UNIMPLEMENTED ? false : undefined
  }
}
