/** How a socket reads its groups, in the kernel's own units. */
export interface NativeConfig {
  groups: Uint16Array
  copyMode: number
  copyRange: number
  netlinkBufferBytes: number
  flushCentiseconds: number
  queueThreshold: number
  flags: number
  /** 0, in a change: stays as it is. */
  receiveBufferBytes: number
  receiveBufferMaxBytes: number
  silenceOverruns: boolean
  reportOverruns: boolean
}

export interface NativeGap {
  at: number
  group?: number
  lost?: number
  from?: number
  to?: number
}

/** Counters since the socket was opened, or since `resetStats()`. */
export interface NflogStats {
  /** Packets read from the kernel. */
  readonly packets: number
  readonly payloadBytes: number
  /** Netlink datagrams that brought them. */
  readonly datagrams: number
  /** Packets that the kernel logged and that never arrived, by their sequence numbers; 0 with `sequence: false`. */
  readonly lost: number
  /** Times the kernel found the receive buffer full; 0 with `overrun: 'ignore'`. */
  readonly overruns: number
  /** Datagrams that found no room in the receive buffer. */
  readonly droppedDatagrams: number
  /** Datagrams longer than the reader's buffer of 256 KiB. */
  readonly truncatedDatagrams: number
  /** Messages or attributes of a wrong length, left out. */
  readonly malformed: number
  /** Receive buffer that the kernel granted, grown as it may be. */
  readonly receiveBufferBytes: number
  /** The most of it that was found in use when reading, in the same measure; close to the whole means a loss. */
  readonly receiveBufferPeakBytes: number
}

export type OnBatch = (
  buffer: ArrayBuffer,
  count: number,
  addedStrings: Uint8Array[] | undefined,
  gaps: NativeGap[] | undefined,
  stringsStartOver: boolean
) => void

/** An open socket in the addon, or something that behaves like one. */
export interface NativeSocket {
  readonly fd: number
  /** Asks for one call of `onBatch`, as soon as the kernel has packets. */
  request(): void
  /** Takes a request back, because nobody waits any more. */
  rest(): void
  /** Calls `onBatch` before it returns, if the kernel has packets now; tells whether it had. */
  read(): boolean
  /** Applies a configuration without reading: what is queued stays queued. */
  configure(config: NativeConfig): void
  /**
   * Gives the groups up; what the kernel still held can be read afterwards. False when this process may not any more:
   * the groups go with the socket then, and what the kernel holds is sent when its time has come.
   */
  unbind(): boolean
  close(): void
  ref(): void
  unref(): void
  stats(): NflogStats
  resetStats(): void
}

/** Error fields that the addon sets. */
export interface NativeError extends Error {
  syscall: string
  errno: number
  osCode: string
  group?: number
  /** With EPERM: whether this process may bind groups at all. */
  privileged?: boolean
}

/** What the addon exports. */
export interface Addon {
  NflogBinding: new (config: NativeConfig, onBatch: OnBatch, onFailure: (error: NativeError) => void) => NativeSocket
  /** A file descriptor, or a negative errno. */
  connectUnixDatagram(path: string): number
  layoutVersion: number
  recordWords: number
}
