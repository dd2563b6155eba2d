export type { QuicHello } from './quic-hello.js'
export type { QuicReader, QuicReaderOptions } from './quic-reader.js'
export { createQuicReader, readQuicHello } from './quic-reader.js'
export { QuicWithHello, quicWithHello } from './quic-with-hello.js'
