// The other half of RecordWord and PacketField in native/src. The version changes with both.
export const layoutVersion = 2
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
  l2Header: 0x8000,
  conntrack: 0x1_0000
} as const

// Behind the L2 header of a packet that has a connection. Numbers are in network order.
export const conntrackBytes = 120

export const conntrackAt = {
  fields: 0,
  info: 4,
  status: 8,
  mark: 12,
  id: 16,
  timeout: 20,
  zone: 24,
  original: 28,
  reply: 74
} as const

export const conntrackField = {
  info: 0x1,
  status: 0x2,
  mark: 0x4,
  id: 0x8,
  timeout: 0x10,
  zone: 0x20
} as const

export const tupleAt = {
  fields: 0,
  protocol: 2,
  icmpType: 3,
  icmpCode: 4,
  addressBytes: 5,
  source: 6,
  destination: 22,
  sourcePort: 38,
  destinationPort: 40,
  icmpId: 42,
  zone: 44
} as const

export const tupleField = {
  addresses: 0x1,
  protocol: 0x2,
  ports: 0x4,
  icmp: 0x8,
  zone: 0x10
} as const
