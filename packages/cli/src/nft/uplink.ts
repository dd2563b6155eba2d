import type { NftRunner } from './runner.js'

const zeroAddress = '0'.repeat(32)
// RTF_UP and RTF_REJECT of linux/route.h and linux/ipv6_route.h.
const routeUp = 0x1
const routeReject = 0x200

/** Devices of the default routes, IPv4 first, each once. Empty when there is none. */
export async function findDefaultRouteDevices(runner: Pick<NftRunner, 'readProc'>): Promise<string[]> {
  const [ipv4 = '', ipv6 = ''] = await Promise.all([runner.readProc('route'), runner.readProc('ipv6_route')])
  return [...new Set([...parseRoutes(ipv4), ...parseIpv6Routes(ipv6)])]
}

/** `/proc/net/route`: Iface Destination Gateway Flags RefCnt Use Metric Mask …, lowest metric first. */
function parseRoutes(text: string): string[] {
  const routes = rows(text).filter(([, destination, , flags, , , , mask]) => {
    return destination === '00000000' && mask === '00000000' && isUsable(flags)
  })
  return routes.sort((a, b) => Number(a[6]) - Number(b[6])).flatMap(([device]) => device ?? [])
}

/** `/proc/net/ipv6_route`: destination length source length next-hop metric refcount use flags device. */
function parseIpv6Routes(text: string): string[] {
  const routes = rows(text).filter(([destination, length, , , , , , , flags, device]) => {
    return destination === zeroAddress && length === '00' && isUsable(flags) && device !== 'lo'
  })
  return routes
    .sort((a, b) => Number.parseInt(a[5] ?? '', 16) - Number.parseInt(b[5] ?? '', 16))
    .flatMap(([, , , , , , , , , device]) => device ?? [])
}

function rows(text: string): string[][] {
  return text.split('\n').map(row => row.trim().split(/\s+/))
}

function isUsable(flags = '0'): boolean {
  const bits = Number.parseInt(flags, 16)
  return (bits & routeUp) !== 0 && (bits & routeReject) === 0
}
