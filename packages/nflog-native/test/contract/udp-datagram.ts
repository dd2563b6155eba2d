/** An IPv4 packet from 127.0.0.1 to a UDP port of 127.0.0.1. */
export function udpDatagram(port: number, text: string): Uint8Array {
  const data = Buffer.from(text)
  const packet = Buffer.alloc(28 + data.length)
  packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1])
  packet.writeUInt16BE(packet.length, 2)
  packet.writeUInt16BE(40_000, 20)
  packet.writeUInt16BE(port, 22)
  packet.writeUInt16BE(8 + data.length, 24)
  data.copy(packet, 28)
  return packet
}
