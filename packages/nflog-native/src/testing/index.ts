export { createFakeNflog, type FakeNflog } from './fake-nflog.js'
export type { FakePacket } from './fake-packet.js'
