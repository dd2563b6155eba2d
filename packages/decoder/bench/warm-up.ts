import { readFileSync } from 'node:fs'
import type { LoggedPacket } from '../src/index.js'
import { ipv4, ipv6, tcp, udp } from '../test/build.js'
import { samples } from '../test/samples.js'

const ROUNDS = 6
const PROTOCOLS: Readonly<Record<string, number>> = {
  AH: 51,
  ESP: 50,
  GRE: 47,
  ICMPv4: 1,
  IGMP: 2,
  SCTP: 132,
  'UDP-Lite': 136
}
const PORTS = [53, 67, 123, 443, 547, 5353, 5355, 9999]

interface VectorLine {
  readonly group: number
  readonly prefix: string | null
  readonly payload: string | null
  readonly timestamp: number
  readonly inDev: string
  readonly outDev: string
}

/** The packets of the tests: each kind of layer there is, each way to be wrong. */
function everyPacket(): LoggedPacket[] {
  const vectors = readFileSync(new URL('../../test/fixtures/packets.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const packets = vectors.map((line): LoggedPacket => {
    const { group, prefix, payload, timestamp, inDev, outDev } = JSON.parse(line) as VectorLine
    return {
      group,
      prefix: prefix ?? '',
      payload: Uint8Array.from(Buffer.from(payload ?? '', 'hex')),
      timestampUs: timestamp,
      inDevice: inDev,
      outDevice: outDev
    }
  })
  for (const [name, messages] of Object.entries(samples)) {
    for (const message of messages) {
      const protocol = PROTOCOLS[name]
      const carriers =
        protocol === undefined
          ? PORTS.flatMap(port => [
              ipv4(udp(message, 40_000, port)),
              ipv6(udp(message, 40_000, port)),
              ipv4(tcp(message, { destinationPort: port }), { protocol: 6 })
            ])
          : [ipv4(message, { protocol }), ipv6(message, protocol)]
      for (const payload of carriers) packets.push({ group: 1, prefix: 'drop:input ', payload, timestampUs: 0 })
    }
  }
  return packets
}

/**
 * Runs every way over every kind of packet. Engines slow down with each kind of layer they have met, as those of a
 * program that runs for a day have.
 */
export function warmUp(ways: readonly ((packet: LoggedPacket) => unknown)[]): void {
  const packets = everyPacket()
  for (let round = 0; round < ROUNDS; round++) for (const packet of packets) for (const way of ways) way(packet)
}
