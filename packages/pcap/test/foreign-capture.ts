/** Captures as other programs write them, in either byte order: what our own writers cannot make. */
export interface ForeignCapture {
  header(options?: { linkType?: number; nanoseconds?: boolean; major?: number }): Uint8Array
  record(
    seconds: number,
    fraction: number,
    data: Uint8Array,
    claims?: { length?: number; original?: number }
  ): Uint8Array
  block(type: number, body: Uint8Array, claims?: { length?: number; trailer?: number }): Uint8Array
  section(options?: { major?: number; magic?: number }): Uint8Array
  interface(linkType: number, options?: Uint8Array, snapLength?: number): Uint8Array
  packet(
    fields: { interface?: number; high?: number; low?: number; length?: number; original?: number },
    data: Uint8Array,
    options?: Uint8Array
  ): Uint8Array
  option(code: number, value: Uint8Array): Uint8Array
  uint32(...values: number[]): Uint8Array
  int64(value: bigint): Uint8Array
}

export function bytesOf(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

export function foreignCapture(littleEndian: boolean): ForeignCapture {
  const number =
    (width: 2 | 4) =>
    (...values: number[]): Uint8Array => {
      const view = new DataView(new ArrayBuffer(values.length * width))
      values.forEach((value, index) => {
        if (width === 2) view.setUint16(2 * index, value, littleEndian)
        else view.setUint32(4 * index, value, littleEndian)
      })
      return new Uint8Array(view.buffer)
    }
  const uint16 = number(2)
  const uint32 = number(4)
  const int64 = (value: bigint): Uint8Array => {
    const view = new DataView(new ArrayBuffer(8))
    view.setBigInt64(0, value, littleEndian)
    return new Uint8Array(view.buffer)
  }
  const padded = (bytes: Uint8Array): Uint8Array => bytesOf(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))
  const block: ForeignCapture['block'] = (type, body, claims = {}) => {
    const content = padded(body)
    const length = claims.length ?? content.length + 12
    return bytesOf(uint32(type, length), content, uint32(claims.trailer ?? length))
  }
  return {
    header: ({ linkType = 101, nanoseconds = false, major = 2 } = {}) =>
      bytesOf(uint32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), uint16(major, 4), uint32(0, 0, 65_535, linkType)),
    record: (seconds, fraction, data, { length = data.length, original = data.length } = {}) =>
      bytesOf(uint32(seconds, fraction, length, original), data),
    block,
    section: ({ major = 1, magic = 0x1a2b3c4d } = {}) =>
      block(0x0a0d0d0a, bytesOf(uint32(magic), uint16(major, 0), int64(-1n))),
    interface: (linkType, options = new Uint8Array(0), snapLength = 0) =>
      block(1, bytesOf(uint16(linkType, 0), uint32(snapLength), options)),
    packet: (fields, data, options = new Uint8Array(0)) =>
      block(
        6,
        bytesOf(
          uint32(fields.interface ?? 0, fields.high ?? 0, fields.low ?? 0),
          uint32(fields.length ?? data.length, fields.original ?? data.length),
          padded(data),
          options
        )
      ),
    option: (code, value) => bytesOf(uint16(code, value.length), padded(value)),
    uint32,
    int64
  }
}
