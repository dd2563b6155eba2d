// The other half of RecordWord and PacketField in native/src. The version changes with both.
export const layoutVersion = 1
export const recordWords = 24

export const word = {
  fields: 0,
  origin: 1,
  types: 2,
  mark: 3,
  timestampLow: 4,
  timestampHigh: 5,
  seq: 6,
  seqGlobal: 7,
  inIndex: 8,
  outIndex: 9,
  physInIndex: 10,
  physOutIndex: 11,
  inName: 12,
  outName: 13,
  physInName: 14,
  physOutName: 15,
  prefix: 16,
  uid: 17,
  gid: 18,
  vlan: 19,
  bytesAt: 20,
  payloadSize: 21,
  hwSizes: 22,
  l2Size: 23
} as const

export const field = {
  header: 0x1,
  mark: 0x2,
  timestamp: 0x4,
  inIndex: 0x8,
  outIndex: 0x10,
  physInIndex: 0x20,
  physOutIndex: 0x40,
  hwAddress: 0x80,
  hwType: 0x100,
  hwHeader: 0x200,
  uid: 0x400,
  gid: 0x800,
  seq: 0x1000,
  seqGlobal: 0x2000,
  vlan: 0x4000,
  l2Header: 0x8000
} as const
