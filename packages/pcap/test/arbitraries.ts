import fc from 'fast-check'
import type { CaptureRecord, LoggedPacket } from '../src/index.js'

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const uint16 = fc.integer({ min: 0, max: 0xffff })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
/** Until 2105, which pcap can hold. */
const timestampUs = fc.integer({ min: 0, max: 4_294_967_295_999_999 })

/** Records as a pcapng file gives them back: lengths and time always known. */
export const captureRecord: fc.Arbitrary<CaptureRecord & { originalLength: number }> = fc
  .record(
    {
      linkType: fc.constantFrom(1, 101, 239, 0xffff),
      data: bytes(70),
      missing: fc.integer({ min: 0, max: 2000 }),
      timestampUs,
      extraNs: fc.integer({ min: 0, max: 999 }),
      interfaceName: fc.string({ unit: 'binary', maxLength: 12 }),
      comments: fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 3 })
    },
    { requiredKeys: ['linkType', 'data', 'missing', 'timestampUs'] }
  )
  .map(({ missing, ...record }) => ({ ...record, originalLength: record.data.length + missing }))

const deviceName = fc.stringMatching(/^[a-z0-9.=@-]{1,15}$/)

/** Packets as the kernel logs them: with a family, an EtherType and a hook. */
export const loggedPacket: fc.Arbitrary<LoggedPacket> = fc
  .record(
    {
      group: uint16,
      prefix: fc.string({ unit: 'binary', maxLength: 20 }).map(text => text.replaceAll('\0', '')),
      payload: bytes(80),
      family: fc.constantFrom(2, 3, 5, 7, 10),
      etherType: fc.integer({ min: 1, max: 0xffff }),
      hook: fc.integer({ min: 0, max: 5 }),
      mark: uint32,
      timestamp: fc.record({ timestampUs, timestampSource: fc.constantFrom('kernel', 'receive') }),
      inDevice: deviceName,
      outDevice: deviceName,
      physInDevice: deviceName,
      physOutDevice: deviceName,
      inIndex: uint32,
      outIndex: uint32,
      physInIndex: uint32,
      physOutIndex: uint32,
      hwType: uint16,
      hwHeader: bytes(40),
      hwAddress: bytes(8),
      l2Header: bytes(18),
      vlan: fc.record({ protocol: uint16, tci: uint16 }),
      uid: uint32,
      gid: uint32,
      seq: uint32,
      seqGlobal: uint32,
      missing: fc.integer({ min: 1, max: 2000 })
    },
    { requiredKeys: ['group', 'prefix', 'payload', 'family', 'timestamp'] }
  )
  .map(({ timestamp, missing, ...packet }) => ({
    ...packet,
    ...timestamp,
    ...(missing === undefined ? {} : { originalLength: packet.payload.length + missing })
  }))

/** Cuts bytes into chunks at arbitrary places, empty chunks included. */
export function chunked(whole: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat({ max: whole.length }), { maxLength: 20 }).map(cuts => {
    const places = [0, ...cuts.sort((a, b) => a - b), whole.length]
    return places.slice(1).map((end, index) => whole.subarray(places[index], end))
  })
}
