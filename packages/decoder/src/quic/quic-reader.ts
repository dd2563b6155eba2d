import { ByteReader } from '../bytes/reader.js'
import { LongHeader, startsWithLongHeader } from '../protocols/quic/long-header.js'
import { CryptoStream } from './crypto-stream.js'
import type { InitialKeys } from './initial-keys.js'
import { clientInitialKeys } from './initial-keys.js'
import { openInitial } from './open-initial.js'
import type { QuicHello } from './quic-hello.js'
import { readHello } from './quic-hello.js'

const DEFAULT_MAX_CONNECTIONS = 256
const MAX_HELLO_BYTES = 16_384
/** A client's first datagram holds an initial packet, maybe a 0-RTT packet, maybe another of each. */
const MAX_PACKETS = 8

export interface QuicReaderOptions {
  /** Connections whose hello is not whole that are remembered; the oldest is forgotten first. Default 256. */
  readonly maxConnections?: number
}

/** Reads hellos that span several datagrams. */
export interface QuicReader {
  /**
   * The hello in a UDP payload, together with what earlier datagrams of the same connection held of it. Undefined when
   * the payload is not a client's initial packet. Never throws.
   */
  read(datagram: Uint8Array): QuicHello | undefined
  /** Connections whose hello is not whole. */
  readonly pending: number
}

interface Connection {
  readonly keys: InitialKeys
  readonly stream: CryptoStream
}

class HelloReader implements QuicReader {
  readonly #maxConnections: number
  readonly #connections = new Map<string, Connection>()
  readonly #bytes = new ByteReader()
  readonly #header = new LongHeader()

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections
  }

  get pending(): number {
    return this.#connections.size
  }

  read(datagram: Uint8Array): QuicHello | undefined {
    const bytes = this.#bytes
    const header = this.#header
    bytes.reset(datagram)
    if (!startsWithLongHeader(bytes, 0, datagram.length)) return undefined
    if (header.read(bytes, 0, datagram.length) !== undefined) return undefined
    const { version } = header
    const id = Uint8Array.from(bytes.view(header.destinationIdStart, header.destinationIdEnd))
    const name = `${version}:${id.join()}`
    const known = this.#connections.get(name)
    const keys = known?.keys ?? (header.type === 'initial' ? clientInitialKeys(version, id) : undefined)
    if (keys === undefined) return undefined
    const connection = known ?? { keys, stream: new CryptoStream(MAX_HELLO_BYTES) }

    const isRead = this.#readPackets(connection, version)
    if (isRead === undefined) return undefined
    const hello = readHello(connection.stream.prefix, version, id)
    if (isRead && (hello === undefined || (hello.isPartial && hello.error === undefined))) {
      this.#remember(name, connection)
    } else {
      this.#connections.delete(name)
    }
    return hello
  }

  /** Whether the frames of the datagram were taken; undefined when no packet in it could be opened. */
  #readPackets({ keys, stream }: Connection, version: number): boolean | undefined {
    const bytes = this.#bytes
    const header = this.#header
    let isRead: boolean | undefined
    for (let packet = 0, start = 0; packet < MAX_PACKETS && start < bytes.length; packet++, start = header.packetEnd) {
      if (!startsWithLongHeader(bytes, start, bytes.length)) break
      if (header.read(bytes, start, bytes.length) !== undefined || header.version !== version) break
      if (header.type !== 'initial') continue
      const frames = openInitial(bytes, start, header, keys)
      if (frames === undefined) continue
      if (!stream.add(frames)) return false
      isRead = true
    }
    return isRead
  }

  #remember(name: string, connection: Connection): void {
    const connections = this.#connections
    if (!connections.has(name) && connections.size >= this.#maxConnections) {
      const [oldest] = connections.keys()
      if (oldest !== undefined) connections.delete(oldest)
    }
    if (this.#maxConnections > 0) connections.set(name, connection)
  }
}

/**
 * Makes a reader that remembers hellos cut over several datagrams.
 * @throws RangeError when `maxConnections` is no whole number from 0 on.
 */
export function createQuicReader(options: QuicReaderOptions = {}): QuicReader {
  const { maxConnections = DEFAULT_MAX_CONNECTIONS } = options
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 0) {
    throw new RangeError(`maxConnections is ${maxConnections}; give a whole number from 0 on`)
  }
  return new HelloReader(maxConnections)
}

const stateless = new HelloReader(0)

/** The hello in one UDP payload, as far as it is there; undefined when it is not a client's initial packet. Never throws. */
export function readQuicHello(datagram: Uint8Array): QuicHello | undefined {
  return stateless.read(datagram)
}
