import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Decodes one packet from its IPv4 header on and reads addresses, protocol and ports, as text and numbers. */
export type ReadTuple = (packet: Uint8Array) => unknown[]

interface CapDecoders {
  IPV4(bytes: Buffer, at: number): { info: CapIp; offset: number }
  IPV6(bytes: Buffer, at: number): { info: CapIp; offset: number }
  TCP(bytes: Buffer, at: number): { info: { srcport: number; dstport: number } }
  UDP(bytes: Buffer, at: number): { info: { srcport: number; dstport: number } }
}

interface CapIp {
  srcaddr: string
  dstaddr: string
  protocol: number
}

interface PcapAddress {
  toString(): string
}

interface PcapDecode {
  new (): {
    decode(
      bytes: Buffer,
      at: number
    ): {
      saddr: PcapAddress
      daddr: PcapAddress
      /** Of IPv6 the name is another. */
      protocol?: number
      nextHeader?: number
      payload: { sport: number; dport: number }
    }
  }
}

const isIpv6 = (packet: Uint8Array): boolean => (packet[0] ?? 0) >> 4 === 6
const TCP = 6
const PACKAGES = ['cap@0.2.1', 'pcap@3.1.0']

/**
 * The decoders of npm's `cap` and `pcap`, put into a temporary folder for this run. Both packages would compile an
 * addon on installation; their decoders are JavaScript and do not need it, so no script of theirs is run.
 */
export function loadPeers(): { peers: Readonly<Record<string, ReadTuple>>; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'packet-logs-bench-'))
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, ...PACKAGES], {
      stdio: 'pipe'
    })
    const load = createRequire(join(folder, 'package.json'))
    const cap = load('cap/lib/Decoders.js') as CapDecoders
    const PcapIpv4 = load('pcap/decode/ipv4.js') as PcapDecode
    const PcapIpv6 = load('pcap/decode/ipv6.js') as PcapDecode
    const buffer = (packet: Uint8Array): Buffer => packet as Buffer
    return {
      remove,
      peers: {
        cap: packet => {
          const { info, offset } = isIpv6(packet) ? cap.IPV6(buffer(packet), 0) : cap.IPV4(buffer(packet), 0)
          const ports = info.protocol === TCP ? cap.TCP(buffer(packet), offset) : cap.UDP(buffer(packet), offset)
          return [info.srcaddr, info.dstaddr, info.protocol, ports.info.srcport, ports.info.dstport]
        },
        pcap: packet => {
          const ip = isIpv6(packet) ? new PcapIpv6() : new PcapIpv4()
          const { saddr, daddr, protocol, nextHeader, payload } = ip.decode(buffer(packet), 0)
          return [saddr.toString(), daddr.toString(), protocol ?? nextHeader, payload.sport, payload.dport]
        }
      }
    }
  } catch (error) {
    remove()
    process.stderr.write(`The comparison with cap and pcap is left out: they cannot be had. ${String(error)}\n`)
    return { peers: {}, remove }
  }
}
